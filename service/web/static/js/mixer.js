// The slider between the two signals.

import { button, byId, el, vary } from "./dom.js";

export class Mixer {
  /** `onMove` hears of every move at once; `weights` are null again after a reset. */
  constructor(query, onMove) {
    this.query = query;
    this.slider = el("input", {
      id: "mix", type: "range", min: 0, max: 100, step: 1, value: 40,
      "aria-describedby": "mix-hint", oninput: () => onMove(this.weights),
    });
    this.share = { semantic: el("output", { htmlFor: "mix" }), visual: el("output", { htmlFor: "mix" }) };
    this.hint = el("p", { id: "mix-hint", className: "hint" });
    this.reset = button("Default", () => onMove(null), { className: "link" });
    byId("mixer").append(
      el("div", { className: "mixer-head" }, el("label", { htmlFor: "mix" }, "What counts"), this.reset),
      this.slider,
      el("div", { className: "mixer-ends" },
        el("span", { className: "semantic" }, "Semantic ", this.share.semantic, el("small", {}, "what it is")),
        el("span", { className: "visual" }, "Visual ", this.share.visual, el("small", {}, "how it looks"))),
      this.hint);
    query.addEventListener("change", () => this.#render());
    this.#render();
  }

  get weights() {
    const visual = this.slider.valueAsNumber / 100;
    return { semantic: (100 - this.slider.valueAsNumber) / 100, visual };
  }

  /** Follows the weights that the service used, where it chose them itself. */
  follow(weights) {
    if (this.query.weights === null && this.query.hasVisualSide) this.slider.value = weights.visual * 100;
    this.#render();
  }

  #render() {
    const { query, slider } = this;
    const textOnly = !query.isEmpty && !query.hasVisualSide;
    slider.disabled = textOnly;
    this.reset.hidden = query.weights === null || textOnly;
    const { semantic, visual } = textOnly ? { semantic: 1, visual: 0 } : this.weights;
    this.share.semantic.textContent = `${Math.round(semantic * 100)} %`;
    this.share.visual.textContent = `${Math.round(visual * 100)} %`;
    this.hint.textContent = textOnly ? "Words have no visual side: the semantic signal alone ranks." : "";
    this.hint.hidden = !textOnly;
    slider.setAttribute("aria-valuetext", `${Math.round(semantic * 100)} % semantic, ${Math.round(visual * 100)} % visual`);
    vary(slider, { share: `${visual * 100}%` });
  }
}

// The weights of the signals: one slider between two, or one for each of more.

import { button, byId, el } from "./dom.js";
import { effective, listed, signalClass, titled } from "./signals.js";

const ROUNDING = 1e-6;

export class Mixer {
  /**
   * `onMove` hears of every move at once; `weights` are null again after a reset.
   * @param {import("./query.js").Query} query
   * @param {(weights: Weights | null) => unknown} onMove
   */
  constructor(query, onMove) {
    this.query = query;
    this.onMove = onMove;
    this.reset = button("Default", () => onMove(null), { className: "link" });
    this.hint = el("p", { id: "mix-hint", className: "hint" });
    this.signals = query.signals;
    this.controls = this.#build(query.signals);
    query.addEventListener("change", () => this.#render());
    this.#render();
  }

  #render() {
    const { query } = this;
    if (query.signals !== this.signals) this.controls = this.#build(query.signals);
    const usable = query.usableSignals;
    const mixed = usable.length > 1;
    this.controls.show(query.weights ?? query.defaultWeights, usable);
    this.reset.hidden = query.weights === null || !mixed;
    this.hint.hidden = usable.length === this.signals.length;
    this.hint.textContent = `Words are compared by the ${listed(usable)} ${mixed ? "signals" : "signal"} alone.`;
  }

  /** @param {Api.Signal[]} signals */
  #build(signals) {
    this.signals = signals;
    // Below two there is nothing to mix.
    const controls = signals.length === 2 ? new Balance(signals, this.onMove) : new Shares(signals, this.onMove);
    byId("mixer").hidden = signals.length < 2;
    byId("mixer").replaceChildren(
      el("div", { className: "mixer-head" }, controls.label, this.reset),
      ...controls.elements,
      this.hint);
    return controls;
  }
}

/** One slider: to its right the second signal counts more. */
class Balance {
  /**
   * @param {Api.Signal[]} signals
   * @param {(weights: Weights) => unknown} onMove
   */
  constructor(signals, onMove) {
    this.signals = signals;
    this.label = el("label", { htmlFor: "mix" }, "What counts");
    /** @type {HTMLInputElement} */
    this.slider = el("input", {
      id: "mix", type: "range", min: 0, max: 100, step: 1, "aria-describedby": "mix-hint",
      oninput: () => onMove(this.weights),
    });
    this.shares = signals.map(() => el("output", { htmlFor: "mix" }));
    const ends = signals.map(({ name, caption }, place) =>
      el("span", { className: signalClass(place) }, `${titled(name)} `, this.shares[place], el("small", {}, caption)));
    this.elements = [this.slider, el("div", { className: "mixer-ends" }, ...ends)];
  }

  /** @returns {Weights} */
  get weights() {
    const second = this.slider.valueAsNumber;
    return Object.fromEntries(this.signals.map(({ name }, place) => [name, (place === 0 ? 100 - second : second) / 100]));
  }

  /**
   * The slider shows the weights as given, the shares those that have effect.
   * @param {Weights} weights
   * @param {string[]} usable
   */
  show(weights, usable) {
    const shown = effective(weights, usable);
    const shares = this.signals.map(({ name }) => percent(shown[name]));
    this.slider.disabled = usable.length < 2;
    this.slider.valueAsNumber = (weights[this.signals[1]?.name ?? ""] ?? 0) * 100;
    this.shares.forEach((output, place) => { output.textContent = shares[place] ?? ""; });
    this.slider.setAttribute("aria-valuetext", this.signals.map(({ name }, place) => `${shares[place]} ${name}`).join(", "));
  }
}

/** A slider for each signal; their weights are scaled to sum 1, the sliders stay where they are. */
class Shares {
  /**
   * @param {Api.Signal[]} signals
   * @param {(weights: Weights) => unknown} onMove
   */
  constructor(signals, onMove) {
    this.label = el("span", { id: "mix-label", className: "mixer-label" }, "What counts");
    /** @type {ReturnType<typeof row>[]} */
    this.rows = signals.map((signal, place) => row(signal, place, (moved) => {
      // Weights of 0 alone would rank nothing.
      if (this.rows.every(({ slider }) => slider.disabled || slider.valueAsNumber === 0)) moved.valueAsNumber = 1;
      onMove(this.weights);
    }));
    this.elements = [el("div", { className: "shares-mixer", role: "group", "aria-labelledby": "mix-label", "aria-describedby": "mix-hint" },
      ...this.rows.map(({ element }) => element))];
  }

  /** @returns {Weights} */
  get weights() {
    const given = Object.fromEntries(this.rows.map(({ name, slider }) => [name, slider.valueAsNumber]));
    return effective(given, Object.keys(given));
  }

  /**
   * @param {Weights} weights
   * @param {string[]} usable
   */
  show(weights, usable) {
    const shown = effective(weights, usable);
    const chosen = this.weights;
    const set = this.rows.some(({ name }) => Math.abs((chosen[name] ?? 0) - (weights[name] ?? 0)) > ROUNDING);
    for (const { name, slider, share } of this.rows) {
      slider.disabled = !usable.includes(name) || usable.length < 2;
      if (set) slider.valueAsNumber = (weights[name] ?? 0) * 100;
      share.textContent = percent(shown[name]);
      slider.setAttribute("aria-valuetext", percent(shown[name]));
    }
  }
}

/**
 * @param {Api.Signal} signal
 * @param {number} place
 * @param {(slider: HTMLInputElement) => unknown} onMove
 */
function row({ name, caption }, place, onMove) {
  const id = `mix-${place + 1}`;
  const share = el("output", { htmlFor: id });
  /** @type {HTMLInputElement} */
  const slider = el("input", { id, type: "range", min: 0, max: 100, step: 1, oninput: () => onMove(slider) });
  const element = el("div", { className: signalClass(place) },
    el("label", { htmlFor: id }, titled(name), el("small", {}, ` ${caption}`)), share, slider);
  return { name, slider, share, element };
}

/** @param {number | undefined} part */
const percent = (part = 0) => `${Math.round(part * 100)} %`;

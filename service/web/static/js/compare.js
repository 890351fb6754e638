// Three rankings side by side: each signal alone, and both; lines join the same product.

import { thumbnailPath } from "./api.js";
import { tell } from "./bus.js";
import { el, svg } from "./dom.js";
import { picture } from "./pictures.js";
import { scoreBar } from "./score.js";
import { search } from "./searching.js";

const SHOWN = 8;

const COLUMNS = [
  { name: "semantic", weights: { semantic: 1, visual: 0 } },
  { name: "hybrid", weights: null },
  { name: "visual", weights: { semantic: 0, visual: 1 } },
];

export class Compare {
  constructor(query) {
    this.query = query;
    this.alone = {};
    this.lit = null;
    this.lines = svg("svg", { class: "lines", "aria-hidden": "true" });
    this.columns = el("div", { className: "columns" });
    this.element = el("div", { className: "compare" },
      el("p", { className: "hint" }, "Point at a product, or tab to it, to follow it through the three rankings."),
      el("div", { className: "compare-stage" }, this.lines, this.columns));
    new ResizeObserver(() => this.#draw()).observe(this.columns);
  }

  /** Asks for the rankings by each signal alone. Raises CallError, AbortError. */
  async ask(signal) {
    const alone = COLUMNS.filter(({ weights }) => weights !== null);
    if (!this.query.hasVisualSide) {
      this.alone = { semantic: this.answer, visual: null };
    } else {
      const answers = await Promise.all(alone.map(({ weights }) => search(this.query, { limit: SHOWN, weights }, signal)));
      this.alone = Object.fromEntries(alone.map(({ name }, index) => [name, answers[index]]));
    }
    this.show(this.answer);
  }

  show(answer) {
    this.answer = answer;
    const answers = { ...this.alone, hybrid: answer };
    const ranks = Object.fromEntries(COLUMNS.map(({ name }) => [name, ranksOf(answers[name])]));
    this.columns.replaceChildren(...COLUMNS.map(({ name }) => this.#column(name, answers[name], ranks.hybrid)));
    this.#light(this.lit);
    this.#draw();
  }

  #column(name, answer, hybridRanks) {
    const hits = (answer?.hits ?? []).slice(0, SHOWN);
    return el("section", { className: `column ${name}` },
      el("h3", {}, ...title(name, this.answer.query.encoders)),
      answer === undefined ? el("p", { className: "hint" }, "Asking …") : null,
      answer === null ? el("p", { className: "hint" }, "Words have no visual side.") : null,
      el("ol", {}, ...hits.map((hit) => this.#entry(name, hit, hybridRanks))));
  }

  #entry(column, hit, hybridRanks) {
    const { product, image } = hit;
    const key = product.product_id;
    const light = () => this.#light(key);
    const entry = el("button", {
      type: "button", className: "entry", onmouseenter: light, onfocus: light,
      onmouseleave: () => this.#light(null), onblur: () => this.#light(null),
      onclick: () => tell("similar", { productId: key, imageId: image.image_id, name: product.name }),
    },
    el("span", { className: "rank" }, String(hit.rank)),
    picture(thumbnailPath(key, image.image_id)),
    el("span", { className: "entry-words" },
      el("span", { className: "entry-name", dir: "auto" }, product.name),
      el("span", { className: "entry-score" }, hit.score.toFixed(2), column === "hybrid" ? null : shift(hit.rank, hybridRanks.get(key))),
      column === "hybrid" ? scoreBar(hit) : null));
    entry.dataset.product = key;
    return el("li", {}, entry);
  }

  #light(key) {
    this.lit = key;
    for (const entry of this.columns.querySelectorAll(".entry")) {
      entry.classList.toggle("lit", entry.dataset.product === key);
    }
    for (const line of this.lines.children) line.classList.toggle("lit", line.dataset.product === key);
    this.element.classList.toggle("following", key !== null);
  }

  #draw() {
    const origin = this.columns.getBoundingClientRect();
    const [semantic, hybrid, visual] = [...this.columns.children].map((column) =>
      new Map([...column.querySelectorAll(".entry")].map((entry) => [entry.dataset.product, entry.getBoundingClientRect()])));
    if (semantic === undefined) return;
    const lines = [...joined(semantic, hybrid, "semantic", origin), ...joined(hybrid, visual, "visual", origin)];
    this.lines.replaceChildren(...lines);
    for (const line of lines) line.classList.toggle("lit", line.dataset.product === this.lit);
  }
}

function title(name, encoders) {
  if (name === "hybrid") return ["Hybrid", el("small", {}, "both, by the slider")];
  return [`${name === "semantic" ? "Semantic" : "Visual"} alone`, el("small", {}, ` (${encoders[name]})`)];
}

const ranksOf = (answer) =>
  new Map((answer?.hits ?? []).map((hit) => [hit.product.product_id, hit.rank]));

/** How much better or worse the hybrid ranks it. */
function shift(rank, hybridRank) {
  if (hybridRank === undefined) return el("span", { className: "shift" }, "far down in the hybrid");
  if (hybridRank === rank) return el("span", { className: "shift" }, "same in the hybrid");
  return el("span", { className: "shift" }, `no. ${hybridRank} in the hybrid`);
}

function joined(left, right, className, origin) {
  return [...left].filter(([key]) => right.has(key)).map(([key, from]) => {
    const to = right.get(key);
    const [x, y] = [from.right - origin.left, from.top + from.height / 2 - origin.top];
    const [toX, toY] = [to.left - origin.left, to.top + to.height / 2 - origin.top];
    const middle = (x + toX) / 2;
    const line = svg("path", { class: className, d: `M${x} ${y}C${middle} ${y} ${middle} ${toY} ${toX} ${toY}` });
    line.dataset.product = key;
    return line;
  });
}

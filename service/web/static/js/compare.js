// Rankings side by side: by each signal alone, and by their mixture; lines join the same product.

import { thumbnailPath } from "./api.js";
import { tell } from "./bus.js";
import { el, svg, vary } from "./dom.js";
import { picture } from "./pictures.js";
import { scoreBar } from "./score.js";
import { search } from "./searching.js";
import { alone, aroundMixture, signalClass, titled } from "./signals.js";

const SHOWN = 8;

export class Compare {
  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.query = query;
    /** @type {Api.SearchAnswer | null} */
    this.answer = null;
    /** @type {Map<string, Api.SearchAnswer | null>} */
    this.alone = new Map();
    /** @type {string | null} */
    this.lit = null;
    /** @type {SVGSVGElement} */
    this.lines = svg("svg", { class: "lines", "aria-hidden": "true" });
    this.columns = el("div", { className: "columns" });
    this.element = el("div", { className: "compare" },
      el("p", { className: "hint" }, "Point at a product, or tab to it, to follow it through the rankings."),
      el("div", { className: "compare-stage" }, this.lines, this.columns));
    new ResizeObserver(() => this.#draw()).observe(this.columns);
  }

  get #signals() {
    return Object.keys(this.answer?.query.encoders ?? {});
  }

  /**
   * Asks for the rankings by each signal alone. Raises CallError, AbortError.
   * @param {AbortSignal} signal
   */
  async ask(signal) {
    const usable = this.query.usableSignals;
    const answers = await Promise.all(usable.map((name) => this.#askFor(name, usable, signal)));
    this.alone = new Map(this.#signals.map((name) => [name, answers[usable.indexOf(name)] ?? null]));
    if (this.answer !== null) this.show(this.answer);
  }

  /**
   * @param {string} name
   * @param {string[]} usable
   * @param {AbortSignal} signal
   * @returns {Promise<Api.SearchAnswer | null>}
   */
  #askFor(name, usable, signal) {
    // The only signal of a query ranks its mixture too.
    if (usable.length === 1) return Promise.resolve(this.answer);
    return search(this.query, { limit: SHOWN, weights: alone(this.#signals, name) }, signal);
  }

  /** @param {Api.SearchAnswer} answer */
  show(answer) {
    this.answer = answer;
    const ranks = ranksOf(answer);
    const names = aroundMixture(this.#signals);
    vary(this.columns, { columns: names.length });
    this.columns.replaceChildren(...names.map((name) => this.#column(name, ranks)));
    this.#light(this.lit);
    this.#draw();
  }

  /**
   * The ranking by the signal of this name, or by the mixture where it is null.
   * @param {string | null} name
   * @param {Map<string, number>} hybridRanks
   */
  #column(name, hybridRanks) {
    const answer = name === null ? this.answer : this.alone.get(name);
    const hits = (answer?.hits ?? []).slice(0, SHOWN);
    const colours = name === null ? "mixture" : signalClass(this.#signals.indexOf(name));
    const column = el("section", { className: `column ${colours}` },
      el("h3", {}, ...title(name, this.answer?.query.encoders ?? {})),
      answer === undefined ? el("p", { className: "hint" }, "Asking …") : null,
      answer === null ? el("p", { className: "hint" }, `Words have no ${name} side.`) : null,
      el("ol", {}, ...hits.map((hit) => this.#entry(name, hit, hybridRanks))));
    column.dataset.signal = name ?? "";
    return column;
  }

  /**
   * @param {string | null} column
   * @param {Api.Hit} hit
   * @param {Map<string, number>} hybridRanks
   */
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
      el("span", { className: "entry-score" }, hit.score.toFixed(2), column === null ? null : shift(hit.rank, hybridRanks.get(key))),
      column === null ? scoreBar(hit) : null));
    entry.dataset.product = key;
    return el("li", {}, entry);
  }

  /** @param {string | null} key */
  #light(key) {
    this.lit = key;
    for (const entry of entriesIn(this.columns)) {
      entry.classList.toggle("lit", entry.dataset.product === key);
    }
    for (const line of this.lines.querySelectorAll("path")) line.classList.toggle("lit", line.dataset.product === key);
    this.element.classList.toggle("following", key !== null);
  }

  #draw() {
    const origin = this.columns.getBoundingClientRect();
    const columns = [.../** @type {NodeListOf<HTMLElement>} */ (this.columns.querySelectorAll(".column"))];
    const mixture = columns.findIndex(({ dataset }) => dataset.signal === "");
    const lines = columns.slice(1).flatMap((column, index) => {
      const before = columns[index] ?? column;
      // Of two neighbours the one that is farther from the mixture lends its colour.
      const { signal = "" } = (index < mixture ? before : column).dataset;
      return joined(placesIn(before), placesIn(column), signalClass(this.#signals.indexOf(signal)), origin);
    });
    this.lines.replaceChildren(...lines);
    for (const line of lines) line.classList.toggle("lit", line.dataset.product === this.lit);
  }
}

/**
 * @param {string | null} name
 * @param {Record<string, string>} encoders
 * @returns {Child[]}
 */
function title(name, encoders) {
  if (name === null) return ["Hybrid", el("small", {}, "all together, as weighted")];
  return [`${titled(name)} alone`, el("small", {}, ` (${encoders[name]})`)];
}

/** @param {Element} column */
const placesIn = (column) =>
  new Map(entriesIn(column).map((entry) => [entry.dataset.product, entry.getBoundingClientRect()]));

/** @param {Api.SearchAnswer} answer */
const ranksOf = (answer) =>
  new Map(answer.hits.map((hit) => [hit.product.product_id, hit.rank]));

/**
 * How much better or worse the hybrid ranks it.
 * @param {number} rank
 * @param {number | undefined} hybridRank
 */
function shift(rank, hybridRank) {
  if (hybridRank === undefined) return el("span", { className: "shift" }, "far down in the hybrid");
  if (hybridRank === rank) return el("span", { className: "shift" }, "same in the hybrid");
  return el("span", { className: "shift" }, `no. ${hybridRank} in the hybrid`);
}

/**
 * @param {Map<string | undefined, DOMRect>} left
 * @param {Map<string | undefined, DOMRect>} right
 * @param {string} className
 * @param {DOMRect} origin
 */
function joined(left, right, className, origin) {
  return [...left].flatMap(([key, from]) => {
    const to = right.get(key);
    if (to === undefined) return [];
    const [x, y] = [from.right - origin.left, from.top + from.height / 2 - origin.top];
    const [toX, toY] = [to.left - origin.left, to.top + to.height / 2 - origin.top];
    const middle = (x + toX) / 2;
    const line = svg("path", { class: className, d: `M${x} ${y}C${middle} ${y} ${middle} ${toY} ${toX} ${toY}` });
    line.dataset.product = key;
    return [line];
  });
}

/** @param {Element} place */
const entriesIn = (place) => [.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(".entry"))];

// The search: asks the service when the query changes, and shows the newest answer alone.

import { isAbort } from "./api.js";
import { notifyError, withdraw, announce, troubleOf } from "./notices.js";
import { hear } from "./bus.js";
import { byId } from "./dom.js";
import { Compare } from "./compare.js";
import { Grid } from "./grid.js";
import { Mixer } from "./mixer.js";
import { rerank } from "./ranking.js";
import { outdatedNote, resultsHead, verdict } from "./results-head.js";
import { CANDIDATES, search } from "./searching.js";
import { welcome } from "./welcome.js";

const SETTLED_MS = 250;
/** The wait before an answer that has no verdict yet is asked for again; each is longer. */
const AGAIN_MS = { first: 2000, growth: 1.5, most: 30_000 };

export class SearchView {
  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.query = query;
    /** @type {Api.SearchAnswer | null} */
    this.answer = null;
    this.mode = "grid";
    this.failed = false;
    /** Whether the hits shown answer an earlier query than the last one. */
    this.stale = false;
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.patience = AGAIN_MS.first;
    new Mixer(query, (weights) => this.#mix(weights));
    this.grid = new Grid(query);
    this.compare = new Compare(query);
    query.addEventListener("change", () => this.#soon());
    for (const event of /** @type {const} */ (["key", "catalogue"])) hear(event, () => this.#soon());
    hear("recovered", () => (this.failed || this.query.isEmpty) && this.now());
    this.#welcome();
  }

  /**
   * Searches at once, as on Enter.
   * @returns {unknown}
   */
  now() {
    clearTimeout(this.timer);
    this.running?.abort();
    if (this.query.isEmpty) return this.#welcome();
    const running = new AbortController();
    this.running = running;
    return this.#ask(running);
  }

  /**
   * The verdict follows by itself once the service has measured the catalogue.
   * @param {Api.Match} match
   */
  #waitForVerdict({ pending }) {
    const { first, growth, most } = AGAIN_MS;
    if (pending) this.timer = setTimeout(() => this.now(), this.patience);
    this.patience = pending ? Math.min(this.patience * growth, most) : first;
  }

  #soon() {
    clearTimeout(this.timer);
    // What is on its way answers a query that is no more.
    this.running?.abort();
    this.#busy(true);
    this.timer = setTimeout(() => this.now(), this.answer === null ? 0 : SETTLED_MS);
  }

  /**
   * Ranks what is at hand by the slider's weights; the service's answer follows.
   * @param {Weights | null} weights
   */
  #mix(weights) {
    if (this.answer !== null && weights !== null) {
      this.answer = { ...this.answer, hits: rerank(this.answer.hits, weights) };
      this.#show(this.answer);
    }
    this.query.change({ weights });
  }

  /** @param {AbortController} running */
  async #ask(running) {
    this.#busy(true);
    try {
      this.stale = true;
      const answer = await search(this.query, { limit: CANDIDATES }, running.signal);
      if (running.signal.aborted) return;
      Object.assign(this, { answer, failed: false, stale: false });
      withdraw("search");
      this.#show(answer);
      this.#tell(answer);
      this.#waitForVerdict(answer.match);
      if (this.mode === "compare") await this.compare.ask(running.signal);
    } catch (error) {
      if (!isAbort(error)) this.#fail(error);
    }
    if (this.running === running) this.#busy(false);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.failed = troubleOf(error).passes ?? false;
    announce("");
    // Hits of an earlier query wait for the next try, marked as such, or go.
    if (!this.failed) this.#clear();
    else if (this.answer !== null) this.#show(this.answer);
    notifyError("search", error, () => this.now());
  }

  #clear() {
    this.answer = null;
    byId("results").classList.remove("outdated");
    fill();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    byId("results").setAttribute("aria-busy", String(busy && !this.query.isEmpty));
  }

  #welcome() {
    this.#clear();
    this.failed = false;
    withdraw("search");
    this.#busy(false);
    fill(welcome());
  }

  /** @param {Api.SearchAnswer} answer */
  #show(answer) {
    const { mode } = this;
    const body = mode === "grid" ? this.grid : this.compare;
    const outdated = this.failed && this.stale;
    const sentence = outdated ? outdatedNote() : verdict(answer);
    const head = resultsHead(answer, mode, (chosen) => this.#choose(chosen));
    body.show(answer);
    byId("results").classList.toggle("outdated", outdated);
    const place = byId("results");
    // What stays in its place keeps its focus and its motion.
    if (body.element.parentElement === place) {
      place.firstElementChild?.replaceWith(head);
      place.children[1]?.replaceWith(sentence);
    } else {
      fill(head, sentence, body.element);
    }
  }

  /** @param {string} mode */
  #choose(mode) {
    this.mode = mode;
    if (this.answer !== null) this.#show(this.answer);
    byId(`mode-${mode}`).focus();
    if (mode === "compare") this.now();
  }

  /** @param {Api.SearchAnswer} answer */
  #tell(answer) {
    const [best] = answer.hits;
    const found = best === undefined ? "Nothing found." : `Best: ${best.product.name}, score ${best.score.toFixed(2)}.`;
    announce([answer.match.detail, found].join(" "));
  }
}

/**
 * Other results: who stood among the old ones by keyboard goes on at the new ones.
 * @param {...Node} children
 */
function fill(...children) {
  const place = byId("results");
  const focused = place.contains(document.activeElement);
  place.replaceChildren(...children);
  if (focused) place.focus({ preventScroll: true });
}

// What stands above the hits: how many, by which encoders, in which view, and the verdict in words.

import { el, icon } from "./dom.js";
import { CANDIDATES } from "./searching.js";

/** @type {[string, string, string][]} */
const MODES = [["grid", "Grid", "grid"], ["compare", "Compare signals", "columns"]];

/**
 * @param {Api.SearchAnswer} answer
 * @param {string} mode
 * @param {(mode: string) => unknown} choose
 */
export function resultsHead(answer, mode, choose) {
  return el("div", { className: "results-head" },
    el("div", {},
      el("h2", {}, answer.hits.length === 0 ? "Nothing found" : "Most alike"),
      el("p", { className: "hint" }, basis(answer))),
    el("div", { className: "segments", role: "group", "aria-label": "View of the results" },
      ...MODES.map(([name, label, drawing]) => el("button", {
        id: `mode-${name}`, type: "button", "aria-pressed": String(name === mode), onclick: () => choose(name),
      }, icon(drawing), el("span", {}, label)))));
}

/** @param {Api.SearchAnswer} answer */
function basis({ query, hits, took_ms: took }) {
  const encoders = Object.entries(query.weights)
    .filter(([, weight]) => weight > 0)
    .map(([signal]) => query.encoders[signal]);
  const ignored = query.ignored_words ?? [];
  const unknown = ignored.length === 0 ? "" : ` · unknown words, left out: ${ignored.join(", ")}`;
  const many = hits.length === CANDIDATES ? `The best ${CANDIDATES}` : `${hits.length} ${hits.length === 1 ? "product" : "products"}`;
  return `${many} by ${encoders.join(" + ")} in ${Math.round(took.total ?? 0)} ms${unknown}`;
}

const VERDICTS = {
  found: "Found",
  unsure: "Perhaps",
  nothing_alike: "Nothing like it here",
  unknown: "Hard to say",
};

/**
 * Whether the thing was found, in words.
 * @param {Api.SearchAnswer} answer
 */
export function verdict({ match }) {
  return el("div", { className: `verdict ${match.verdict}` },
    el("p", {},
      el("strong", {}, VERDICTS[match.verdict]),
      match.confidence === null ? "" : ` · confidence ${percent(match.confidence)}`),
    el("p", {}, match.detail));
}

/** What stands in the place of the verdict while the hits are those of an earlier search. */
export const outdatedNote = () =>
  el("div", { className: "verdict unknown" },
    el("p", {}, el("strong", {}, "Out of date")),
    el("p", {}, "These products answer an earlier search: the last one got no answer yet."));

/**
 * Rounded down, and never all: as in the sentence of the service.
 * @param {number} part
 */
export const percent = (part) => `${Math.floor(Math.min(part, 0.99) * 100)} %`;

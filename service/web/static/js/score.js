// A score and its parts, as a stacked bar and as numbers.

import { el, vary } from "./dom.js";
import { signalClass, titled } from "./signals.js";

/** @param {number} value */
const number = (value) => value.toFixed(2).replace("-", "−");

/** @param {Api.Hit} hit */
export function scoreBar(hit) {
  const bar = el("div", { className: "bar", "aria-hidden": "true" });
  for (const [place, { contribution }] of Object.values(hit.scores).entries()) {
    const part = el("span", { className: `bar-part ${signalClass(place)}` });
    vary(part, { part: `${Math.max(0, contribution) * 100}%` });
    bar.append(part);
  }
  return bar;
}

/**
 * The score, its bar and its parts in numbers.
 * @param {Api.Hit} hit
 */
export function scoreLines(hit) {
  const parts = Object.entries(hit.scores).flatMap(([signal, { weight, contribution }], place) => (weight > 0
    ? [el("span", { className: `share ${signalClass(place)}` }, `${number(contribution)} ${signal}`)]
    : []));
  return [
    el("p", { className: "score" }, el("span", { className: "unseen" }, "Score "), number(hit.score)),
    scoreBar(hit),
    el("p", { className: "shares" }, ...parts.flatMap((part, index) => (index === 0 ? [part] : [" + ", part]))),
  ];
}

/**
 * The whole sum, as a table: similarity × weight = contribution.
 * @param {Api.Hit} hit
 * @param {Record<string, string>} encoders
 */
export function scoreTable(hit, encoders) {
  const rows = Object.entries(hit.scores).map(([signal, { similarity, weight, contribution }], place) =>
    el("tr", {},
      el("th", { scope: "row", className: signalClass(place) }, titled(signal), el("small", {}, encoders[signal])),
      el("td", {}, similarity.toFixed(3)),
      el("td", {}, weight.toFixed(2)),
      el("td", {}, contribution.toFixed(3))));
  return el("table", { className: "sum" },
    el("thead", {}, el("tr", {}, ...["Signal", "Similarity", "× weight", "= part"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...rows),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colSpan: 3 }, "Score"), el("td", {}, hit.score.toFixed(3)))));
}

// A product's attributes as text.

import { el } from "./dom.js";

const SHOWN = 3;

/** @param {unknown} value */
export function valueText(value) {
  if (value === true) return "yes";
  if (value === false) return "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/**
 * The first few values in one line, each with its name for who hears or hovers.
 * @param {Api.Attributes} attributes
 */
export function attributeLine(attributes) {
  const given = Object.entries(attributes).slice(0, SHOWN);
  return el("ul", { className: "facts-line" }, ...given.map(([name, value]) =>
    el("li", { title: name, dir: "auto" },
      el("span", { className: typeof value === "string" ? "unseen" : "" }, `${name} `),
      valueText(value))));
}

/** @param {Api.Attributes} attributes */
export function attributeTable(attributes) {
  const rows = Object.entries(attributes).flatMap(([name, value]) => [
    el("dt", { dir: "auto" }, name),
    el("dd", { dir: "auto" }, valueText(value)),
  ]);
  return el("dl", { className: "attributes" }, ...rows);
}

// One control a kind of attribute. Each has its `condition`, in the language of filters, or null.

import { valueText } from "./attributes.js";
import { el } from "./dom.js";

/**
 * `values` are the attribute's facet; `condition` is what was chosen before.
 * @param {Api.Attribute} attribute
 * @param {Api.FacetValue[]} values
 * @param {Condition | null} condition
 * @param {() => unknown} onChange
 * @returns {Choices | Range}
 */
export function controlFor({ name, types }, values, condition, onChange) {
  /** @param {Api.Attribute["types"][number]} type */
  const only = (type) => types.every((given) => given === type || (type === "date" && given === "string"));
  if (only("number")) return new Range(name, "number", condition, onChange);
  if (types.includes("date") && only("date")) return new Range(name, "date", condition, onChange);
  return new Choices(name, values, condition, onChange);
}

export class Choices {
  /**
   * @param {string} name
   * @param {Api.FacetValue[]} values
   * @param {Condition | null} condition
   * @param {() => unknown} onChange
   */
  constructor(name, values, condition, onChange) {
    this.name = name;
    /** @type {Map<Api.FacetValue["value"], { box: HTMLInputElement, count: HTMLElement }>} */
    this.boxes = new Map();
    this.onChange = onChange;
    this.place = el("div", { className: "choices" });
    this.element = el("fieldset", {}, el("legend", { dir: "auto" }, name), this.place);
    for (const { value, count } of values) this.#add(value, count, condition?.any?.includes(value) ?? false);
    this.element.hidden = values.length === 0;
  }

  get condition() {
    const any = [...this.boxes].filter(([, { box }]) => box.checked).map(([value]) => value);
    return any.length === 0 ? null : { any };
  }

  /** @param {Api.FacetValue[]} values */
  recount(values) {
    for (const { count } of this.boxes.values()) count.textContent = "0";
    for (const { value, count } of values) {
      const known = this.boxes.get(value);
      if (known === undefined) this.#add(value, count, false);
      else known.count.textContent = String(count);
    }
  }

  /**
   * @param {Api.FacetValue["value"]} value
   * @param {number} products
   * @param {boolean} checked
   */
  #add(value, products, checked) {
    const box = el("input", { type: "checkbox", checked, onchange: this.onChange });
    const count = el("span", {}, String(products));
    this.boxes.set(value, { box, count });
    this.place.append(el("label", { className: "choice" }, box, el("bdi", {}, valueText(value)), " ", count));
  }
}

class Range {
  /**
   * @param {string} name
   * @param {"number" | "date"} type
   * @param {Condition | null} condition
   * @param {() => unknown} onChange
   */
  constructor(name, type, condition, onChange) {
    this.name = name;
    this.type = type;
    /**
     * @param {string} label
     * @param {string | number | null | undefined} value
     */
    const input = (label, value) =>
      el("input", { type, step: type === "number" ? "any" : null, value: value ?? "", "aria-label": `${name}, ${label}`, placeholder: label, onchange: onChange });
    this.least = input("least", condition?.gte);
    this.most = input("most", condition?.lt === undefined ? condition?.lte : otherDay(condition.lt, -1));
    this.element = el("fieldset", {},
      el("legend", { dir: "auto" }, name),
      el("div", { className: "range" }, this.least, el("span", { "aria-hidden": "true" }, "–"), this.most));
  }

  get condition() {
    const least = read(this.least, this.type);
    const most = read(this.most, this.type);
    const bounds = { ...(least === null ? {} : { gte: least }), ...(most === null ? {} : upTo(most, this.type)) };
    return Object.keys(bounds).length === 0 ? null : bounds;
  }
}

/**
 * @param {HTMLInputElement} input
 * @param {string} type
 */
function read(input, type) {
  if (input.value === "") return null;
  return type === "number" ? input.valueAsNumber : input.value;
}

// A date is its first instant: up to a day means before the next one.
/**
 * @param {string | number} most
 * @param {string} type
 * @returns {Condition}
 */
const upTo = (most, type) => (type === "number" ? { lte: most } : { lt: otherDay(most, 1) });

/**
 * @param {string | number} date
 * @param {number} days
 */
function otherDay(date, days) {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

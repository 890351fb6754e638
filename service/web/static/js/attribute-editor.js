// Rows of name, type and value, and the attributes that they say.

import { button, el, iconButton, reader } from "./dom.js";

/**
 * How values of a type are named, read from an input's text, and written to it.
 * @typedef {{ label: string, read: (text: string) => Api.Attributes[string], write: (value: any) => string }} Type
 */

/** @type {Record<string, Type>} */
const TYPES = {
  text: { label: "Text", read: (text) => text, write: String },
  number: { label: "Number", read: Number, write: String },
  boolean: { label: "Yes or no", read: (text) => text === "yes", write: (value) => (value ? "yes" : "no") },
  date: { label: "Date", read: (text) => text, write: String },
  list: {
    label: "List", write: (value) => value.join(", "),
    read: (text) => text.split(",").map((item) => item.trim()).filter(Boolean),
  },
};

export class AttributeEditor {
  /** @param {Api.Attributes} attributes */
  constructor(attributes) {
    this.rows = el("div", { className: "rows" });
    /** @type {Map<Element, () => [string, Api.Attributes[string]]>} What each row says. */
    this.read = new Map();
    for (const [name, value] of Object.entries(attributes)) this.#add(name, typeOf(value), value);
    this.element = el("fieldset", { className: "field" },
      el("legend", {}, "Attributes"), this.rows,
      button("Add an attribute", () => this.#add("", "text", "").querySelector("input")?.focus(), { iconName: "plus", className: "quiet" }));
  }

  /** The attributes of the rows; a row without a name is left out. */
  get attributes() {
    return Object.fromEntries(this.#given());
  }

  /** All that stands in the rows, as a text to compare; empty without rows. */
  get state() {
    return [...this.rows.querySelectorAll("input"), ...this.rows.querySelectorAll("select")].map(({ value }) => value).join("\n");
  }

  /** The first name that two rows have, or null. */
  get twice() {
    const names = this.#given().map(([name]) => name);
    return names.find((name, index) => names.indexOf(name) !== index) ?? null;
  }

  #given() {
    return [...this.read.values()].map((read) => read()).filter(([name]) => name.trim() !== "");
  }

  /**
   * @param {string} name
   * @param {string} type
   * @param {Api.Attributes[string]} value
   */
  #add(name, type, value) {
    const nameInput = el("input", { value: name, "aria-label": "Name", placeholder: "colour", maxLength: 64, dir: "auto" });
    const typeInput = el("select", { "aria-label": "Type" },
      ...Object.entries(TYPES).map(([key, { label }]) => el("option", { value: key, selected: key === type }, label)));
    const valuePlace = el("span", { className: "value" });
    const row = el("div", { className: "row attribute", role: "group", "aria-label": name || "New attribute" },
      nameInput, typeInput, valuePlace, iconButton("Remove this attribute", "close", () => {
        row.remove();
        this.read.delete(row);
      }));
    const readName = reader(nameInput, name);
    /** @type {(text: string, original: Api.Attributes[string] | null) => void} */
    const fill = (text, original) => {
      const input = valueInput(typeInput.value, text);
      valuePlace.replaceChildren(input);
      const untouched = input.value;
      const { read } = typeOfName(typeInput.value);
      this.read.set(row, () => [readName(), input.value === untouched && original !== null ? original : read(input.value)]);
    };
    typeInput.addEventListener("change", () => fill("", null));
    fill(typeOfName(type).write(value), value);
    this.rows.append(row);
    return row;
  }
}

/**
 * @param {string} type
 * @param {string} text
 */
function valueInput(type, text) {
  const common = { "aria-label": "Value", dir: "auto" };
  if (type === "boolean") {
    return el("select", common, ...["yes", "no"].map((word) => el("option", { value: word, selected: word === text }, word)));
  }
  if (type === "number") return el("input", { ...common, type: "number", step: "any", required: true, value: text });
  if (type === "date") return el("input", { ...common, type: "date", required: true, value: text });
  return el("input", { ...common, value: text, placeholder: type === "list" ? "summer, cotton" : "green" });
}

/** @param {string} name */
function typeOfName(name) {
  const type = TYPES[name];
  if (type === undefined) throw new Error(`There is no type "${name}".`);
  return type;
}

/** @param {Api.Attributes[string]} value */
function typeOf(value) {
  if (Array.isArray(value)) return "list";
  if (typeof value !== "string") return typeof value;
  return /^\d{4}-\d\d-\d\d$/.test(value) ? "date" : "text";
}

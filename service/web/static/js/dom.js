// Builds elements. Strings become text nodes, so no value can be read as markup.

/**
 * The element of the page with this id. Raises where there is none.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element with the id "${id}".`);
  return found;
}

/**
 * The input of the page with this id.
 * @param {string} id
 */
export const inputById = (id) => /** @type {HTMLInputElement} */ (byId(id));

/** The element that has the focus. */
export const focused = () => document.activeElement ?? document.body;

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties] Listeners under `on…`, properties, or attributes.
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {unknown} value
 */
function set(element, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  else if (name in element) Object.assign(element, { [name]: value });
  else element.setAttribute(name, String(value));
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** @param {string} name */
export function icon(name) {
  const drawing = svg("use", { href: `#icon-${name}` });
  return svg("svg", { class: "icon", "aria-hidden": "true" }, drawing);
}

/**
 * Sets custom properties: the policy of the page forbids style attributes.
 * @param {HTMLElement} element
 * @param {Record<string, string | number>} properties
 */
export function vary(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    element.style.setProperty(`--${name}`, String(value));
  }
}

/**
 * @param {string} label
 * @param {(event: MouseEvent) => unknown} onclick
 * @param {{ className?: string, iconName?: string | null, [property: string]: unknown }} [options]
 */
export function button(label, onclick, { className = "", iconName = null, ...more } = {}) {
  const content = iconName === null ? [label] : [icon(iconName), el("span", {}, label)];
  return el("button", { type: "button", className, onclick, ...more }, ...content);
}

/**
 * @param {string} label
 * @param {string} iconName
 * @param {(event: MouseEvent) => unknown} onclick
 * @param {string} [className]
 */
export function iconButton(label, iconName, onclick, className = "") {
  const properties = { type: "button", className: `icon-button ${className}`, onclick };
  return el("button", { ...properties, "aria-label": label, title: label }, icon(iconName));
}

/**
 * Reads an input. What was not changed is as it was, though an input drops line breaks.
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {string} original
 */
export function reader(input, original) {
  const untouched = input.value;
  return () => (input.value === untouched ? original : input.value);
}

let ids = 0;

/** @param {string} stem */
export const freshId = (stem) => `${stem}-${(ids += 1)}`;

// Builds elements. Strings become text nodes, so no value can be read as markup.

export const byId = (id) => document.getElementById(id);

export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element) element[name] = value;
  else element.setAttribute(name, value);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name) {
  const drawing = svg("use", { href: `#icon-${name}` });
  return svg("svg", { class: "icon", "aria-hidden": "true" }, drawing);
}

/** Sets custom properties: the policy of the page forbids style attributes. */
export function vary(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    element.style.setProperty(`--${name}`, value);
  }
}

export function button(label, onclick, { className = "", iconName = null, ...more } = {}) {
  const content = iconName === null ? [label] : [icon(iconName), el("span", {}, label)];
  return el("button", { type: "button", className, onclick, ...more }, ...content);
}

export function iconButton(label, iconName, onclick, className = "") {
  const properties = { type: "button", className: `icon-button ${className}`, onclick };
  return el("button", { ...properties, "aria-label": label, title: label }, icon(iconName));
}

/** Reads an input. What was not changed is as it was, though an input drops line breaks. */
export function reader(input, original) {
  const untouched = input.value;
  return () => (input.value === untouched ? original : input.value);
}

let ids = 0;

export const freshId = (stem) => `${stem}-${(ids += 1)}`;

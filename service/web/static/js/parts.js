// The parts of a query beside the picture's place: each with its weight, where there are several.

import { byId, el, freshId, iconButton, inputById } from "./dom.js";
import { thumbnailPath } from "./api.js";
import { picture } from "./pictures.js";

/**
 * @typedef {{
 *   key: string, name: string, weight: number, product?: ProductOfQuery,
 *   weigh: (weight: number) => unknown, remove?: () => unknown,
 * }} Part
 */

/** @param {import("./query.js").Query} query */
export function installParts(query) {
  const place = byId("parts");
  let shape = "";
  const render = () => {
    const rows = rowsOf(query);
    const next = JSON.stringify(rows.map(({ key }) => key));
    if (next === shape) return; // A slider must survive its own change.
    shape = next;
    const several = rows.length > 1;
    place.hidden = rows.length === 0 || (!several && query.products.length === 0);
    place.replaceChildren(...(place.hidden ? [] : rows.map((row) => part(row, several))));
  };
  query.addEventListener("change", render);
  render();
}

/**
 * @param {import("./query.js").Query} query
 * @returns {Part[]}
 */
function rowsOf(query) {
  const { picture: given, text, products } = query;
  return [
    ...(given === null ? [] : [{
      key: "picture", name: "Your picture", weight: given.weight,
      weigh: (/** @type {number} */ weight) => query.change({ picture: { ...query.picture ?? given, weight } }),
    }]),
    ...(text.value === "" ? [] : [{
      key: `text ${text.value}`, name: `“${text.value}”`, weight: text.weight,
      weigh: (/** @type {number} */ weight) => query.change({ text: { ...query.text, weight } }),
      remove: () => {
        inputById("text").value = "";
        query.change({ text: { value: "", weight: 1 } });
      },
    }]),
    ...products.map((product) => ({
      key: `product ${product.productId}`, name: product.name, weight: product.weight, product,
      weigh: (/** @type {number} */ weight) => query.change({ products: query.products.map((one) => one.productId === product.productId ? { ...one, weight } : one) }),
      remove: () => query.change({ products: query.products.filter((one) => one.productId !== product.productId) }),
    })),
  ];
}

/**
 * @param {Part} part
 * @param {boolean} weighed
 */
function part({ name, weight, weigh, remove, product }, weighed) {
  return el("div", { className: "part" },
    product ? picture(thumbnailPath(product.productId, product.imageId), "", "part-picture") : null,
    el("span", { className: "part-name", dir: "auto" }, name),
    weighed ? weightSlider(name, weight, weigh) : null,
    remove ? iconButton(`Remove ${name}`, "close", remove, "small") : null);
}

/**
 * @param {string} name
 * @param {number} weight
 * @param {(weight: number) => unknown} weigh
 */
function weightSlider(name, weight, weigh) {
  const id = freshId("weight");
  const shown = el("output", { htmlFor: id }, inWords(weight));
  /** @type {HTMLInputElement} */
  const slider = el("input", {
    id, type: "range", min: -1, max: 1, step: 0.1, value: weight,
    "aria-label": `Weight of ${name}; below zero: unlike it`,
    oninput: () => {
      shown.textContent = inWords(slider.valueAsNumber);
      weigh(slider.valueAsNumber);
    },
  });
  return el("span", { className: "part-weight" }, slider, shown);
}

/** @param {number} weight */
const inWords = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(1)}`;

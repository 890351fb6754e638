// The parts of a query beside the picture's place: each with its weight, where there are several.

import { byId, el, freshId, iconButton } from "./dom.js";
import { thumbnailPath } from "./api.js";
import { picture } from "./pictures.js";

export function installParts(query) {
  const place = byId("parts");
  let shape = null;
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

function rowsOf(query) {
  const { text, products } = query;
  return [
    ...(query.picture === null ? [] : [{
      key: "picture", name: "Your picture", weight: query.picture.weight,
      weigh: (weight) => query.change({ picture: { ...query.picture, weight } }),
    }]),
    ...(text.value === "" ? [] : [{
      key: `text ${text.value}`, name: `“${text.value}”`, weight: text.weight,
      weigh: (weight) => query.change({ text: { ...query.text, weight } }),
      remove: () => {
        byId("text").value = "";
        query.change({ text: { value: "", weight: 1 } });
      },
    }]),
    ...products.map((product) => ({
      key: `product ${product.productId}`, name: product.name, weight: product.weight, product,
      weigh: (weight) => query.change({ products: query.products.map((one) => one.productId === product.productId ? { ...one, weight } : one) }),
      remove: () => query.change({ products: query.products.filter((one) => one.productId !== product.productId) }),
    })),
  ];
}

function part({ name, weight, weigh, remove, product }, weighed) {
  return el("div", { className: "part" },
    product ? picture(thumbnailPath(product.productId, product.imageId), "", "part-picture") : null,
    el("span", { className: "part-name", dir: "auto" }, name),
    weighed ? weightSlider(name, weight, weigh) : null,
    remove ? iconButton(`Remove ${name}`, "close", remove, "small") : null);
}

function weightSlider(name, weight, weigh) {
  const id = freshId("weight");
  const shown = el("output", { htmlFor: id }, inWords(weight));
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

const inWords = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(1)}`;

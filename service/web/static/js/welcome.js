// What stands in the place of results before a search: samples to load, examples to search with.

import { call, fetchBlob, thumbnailPath, withQuery } from "./api.js";
import { tell } from "./bus.js";
import { button, el, icon } from "./dom.js";
import { announce, notify, notifyError, troubleOf } from "./notices.js";
import { firstImageId, picture } from "./pictures.js";

const NEWEST = 12;
const PROGRESS_MS = 1000;
const LOAD = "Load the sample catalogue";

/** An element that fills itself once the service has answered. */
export function welcome() {
  const place = el("div", { className: "welcome" });
  fill(place);
  return place;
}

/** @param {HTMLElement} place */
async function fill(place) {
  try {
    /** @type {Api.ProductPage} */
    const page = await call("GET", withQuery("products", { limit: NEWEST }));
    place.replaceChildren(...(page.total === 0 ? emptyCatalogue() : await ideas(page)));
  } catch (error) {
    const { title, message } = troubleOf(error);
    place.replaceChildren(el("div", { className: "lonely" }, el("h2", {}, title), el("p", {}, message)));
  }
}

function emptyCatalogue() {
  /** @type {HTMLButtonElement} */
  const load = button(LOAD, () => loadSamples(load), { className: "primary big" });
  return [el("div", { className: "lonely hero" },
    icon("alike"),
    el("h2", {}, "The catalogue is empty"),
    el("p", {}, "Load the sample products and search with a green sports car. Or add products of your own."),
    el("div", { className: "row centred" }, load,
      el("a", { className: "button big", href: "#catalogue" }, "Add a product")))];
}

/** @param {HTMLButtonElement} pressed */
async function loadSamples(pressed) {
  pressed.disabled = true;
  pressed.classList.add("working");
  announce("Loading the sample catalogue.");
  const progress = setInterval(() => showProgress(pressed), PROGRESS_MS);
  showProgress(pressed);
  try {
    /** @type {{ total: number }} */
    const { total } = await call("POST", "samples");
    notify({ about: "samples", title: `${total} sample products are in the catalogue` });
    tell("catalogue");
  } catch (error) {
    notifyError("samples", error, () => loadSamples(pressed));
    pressed.disabled = false;
    pressed.classList.remove("working");
    pressed.textContent = LOAD;
  } finally {
    clearInterval(progress);
  }
}

/** @param {HTMLButtonElement} pressed */
async function showProgress(pressed) {
  try {
    /** @type {[Api.ProductPage, Api.Samples]} */
    const [stored, { total }] = await Promise.all([call("GET", withQuery("products", { limit: 1 })), call("GET", "samples")]);
    if (pressed.disabled) pressed.textContent = `Storing: ${stored.total} of ${total}`;
  } catch {
    // The load itself tells what is wrong.
  }
}

/** @param {Api.ProductPage} page */
async function ideas({ items, total }) {
  /** @type {Api.Samples} */
  const { queries } = await call("GET", "samples");
  return [
    el("div", { className: "intro" },
      el("h2", {}, "Which products look like this?"),
      el("p", {}, `Give a picture: your own, or one of these. ${total.toLocaleString("en")} ${total === 1 ? "product is" : "products are"} waiting.`)),
    el("h3", {}, "Try one of these"),
    el("ul", { className: "examples" }, ...queries.map(example)),
    el("h3", {}, "Newest in the catalogue"),
    el("ul", { className: "newest" }, ...items.map(newcomer)),
  ];
}

/** @param {Api.SampleQuery} query */
function example({ name, title }) {
  const path = `samples/${encodeURIComponent(name)}.jpg`;
  return el("li", {}, el("button", { type: "button", className: "example", onclick: () => searchWith(path, title) },
    picture(path), el("span", {}, title)));
}

/**
 * @param {string} path
 * @param {string} title
 */
async function searchWith(path, title) {
  try {
    tell("picture", new File([await fetchBlob(path)], title));
  } catch (error) {
    notifyError("example", error, () => searchWith(path, title));
  }
}

/** @param {Api.Product} product */
function newcomer(product) {
  const { product_id: productId, name } = product;
  const imageId = firstImageId(product);
  return el("li", {}, el("button", {
    type: "button", className: "newcomer", title: `More like ${name}`,
    onclick: () => tell("similar", { productId, imageId, name }),
  }, picture(thumbnailPath(productId, imageId)), el("span", { dir: "auto" }, name)));
}

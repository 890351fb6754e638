// Puts the page together.

import { hear } from "./bus.js";
import { CatalogueView } from "./catalogue-view.js";
import { byId, inputById } from "./dom.js";
import { catchStrayDrops } from "./files.js";
import { Filters } from "./filters.js";
import { watchHealth } from "./health.js";
import { installKeyButton } from "./key.js";
import { installParts } from "./parts.js";
import { installPictureInput } from "./picture-input.js";
import { Query } from "./query.js";
import { SearchView } from "./search-view.js";

const TYPED_MS = 300;

const query = new Query();
/** @type {Record<string, HTMLElement>} */
const views = { "#search": byId("search-view"), "#catalogue": byId("catalogue-view") };

let followed = false;

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLAnchorElement>}
 */
const linksTo = (selector) => document.querySelectorAll(selector);

function showView() {
  const chosen = location.hash in views ? location.hash : null;
  if (chosen === null && location.hash !== "") return; // Such as the skip link's.
  for (const [hash, view] of Object.entries(views)) view.hidden = hash !== (chosen ?? "#search");
  for (const link of linksTo(".views a")) {
    if (link.hash === (chosen ?? "#search")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // A followed link begins at the top; back and forward return to where one was.
  if (followed) scrollTo({ top: 0, behavior: "instant" });
  followed = false;
}

/** @param {SearchView} search */
function installText(search) {
  /** @type {number | undefined} */
  let timer;
  const take = () => {
    clearTimeout(timer);
    const value = inputById("text").value.trim();
    if (value !== query.text.value) query.change({ text: { ...query.text, value } });
  };
  byId("text").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(take, TYPED_MS);
  });
  byId("query").addEventListener("submit", (event) => {
    event.preventDefault();
    take();
    search.now();
  });
  query.addEventListener("change", () => {
    byId("text-hint").hidden = !query.hasPictures;
  });
}

/** @param {ChosenProduct} product */
function addProduct(product) {
  if (query.products.some(({ productId }) => productId === product.productId)) return;
  query.change({ products: [...query.products, { ...product, weight: 1 }] });
}

/** @param {ChosenProduct} product */
function searchSimilar(product) {
  inputById("text").value = "";
  query.change({ picture: null, text: { value: "", weight: 1 }, products: [{ ...product, weight: 1 }] });
  location.hash = "#search";
  scrollTo({ top: 0 });
}

catchStrayDrops();
addEventListener("hashchange", showView);
for (const link of linksTo('a[href="#search"], a[href="#catalogue"]')) {
  link.addEventListener("click", () => { followed = link.hash !== location.hash; });
}
showView();
installKeyButton();
installPictureInput(query);
installParts(query);
installText(new SearchView(query));
new CatalogueView();
new Filters(query);
hear("similar", searchSimilar);
hear("add", addProduct);
hear("signals", (signals) => query.change({ signals }));
watchHealth();

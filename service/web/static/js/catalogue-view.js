// The catalogue: thumbnails, a page at a time, to create, edit and delete.

import { addProducts } from "./add-products.js";
import { call, isAbort, productPath, thumbnailPath, withQuery } from "./api.js";
import { attributeLine } from "./attributes.js";
import { hear, tell } from "./bus.js";
import { confirmed } from "./dialog.js";
import { button, byId, el, focused, icon, iconButton } from "./dom.js";
import { acceptDrops, fileButton } from "./files.js";
import { arrange } from "./grid.js";
import { announce, notifyError, troubleOf, withdraw } from "./notices.js";
import { firstImageId, picture } from "./pictures.js";
import { openProductForm } from "./product-form.js";

const PAGE = 24;
const MOST = 100;

export class CatalogueView {
  /** @type {Api.Product[]} */
  products = [];
  total = 0;
  /** @type {string | null} */
  cursor = null;
  /** @type {Map<string, HTMLElement>} */
  cards = new Map();
  failed = false;
  running = new AbortController();

  constructor() {
    this.list = el("ul", { className: "goods", "aria-label": "Products" });
    this.count = el("p", { className: "hint", role: "status" });
    this.more = button("Show more", () => this.#append(), { className: "more", hidden: true });
    this.view = byId("catalogue-view");
    this.view.append(
      el("div", { className: "catalogue-head" },
        el("div", {}, el("h1", { id: "catalogue-title" }, "Catalogue"), this.count),
        fileButton("Add from pictures", "picture", addProducts, { multiple: true }),
        button("Add a product", () => addProducts(), { iconName: "plus", className: "primary" })),
      el("p", { className: "drop-line" }, icon("picture"), "Drop pictures anywhere here to make products of them."),
      this.list, this.more);
    acceptDrops(this.view, addProducts);
    hear("key", () => this.refresh());
    hear("catalogue", (change) => this.#take(change ?? {}));
    hear("recovered", () => this.failed && this.refresh());
    this.refresh();
  }

  /**
   * Reads the list anew, as far down as it is shown.
   * @returns {Promise<void>}
   */
  refresh() {
    return this.#load(() => this.refresh(), async (signal) => {
      const wanted = Math.max(PAGE, this.products.length);
      /** @type {Api.Product[]} */
      const read = [];
      /** @type {{ total: number, next_cursor: string | null }} */
      let page = { total: 0, next_cursor: null };
      do {
        const next = await readPage(page.next_cursor, Math.min(wanted - read.length, MOST), signal);
        read.push(...next.items);
        page = next;
      } while (page.next_cursor !== null && read.length < wanted);
      this.#show(read, page);
    });
  }

  /** @returns {Promise<void>} */
  #append() {
    return this.#load(() => this.#append(), async (signal) => {
      const page = await readPage(this.cursor, PAGE, signal);
      const known = new Set(this.products.map(({ product_id: id }) => id));
      const added = page.items.filter(({ product_id: id }) => !known.has(id));
      this.#show([...this.products, ...added], page);
      this.list.children[known.size]?.querySelector("button")?.focus();
    });
  }

  /**
   * Changes the list where one product has changed, so that all others stay where they are.
   * @param {{ written?: Api.Product | null, deletedId?: string | null }} change
   */
  #take({ written = null, deletedId = null }) {
    if (this.failed || (written === null && deletedId === null)) return this.refresh();
    const { products, total } = this;
    const place = products.findIndex(({ product_id: id }) => id === (written?.product_id ?? deletedId));
    const page = { total, next_cursor: this.cursor };
    if (written === null) return this.#show(products.filter((_, index) => index !== place), { ...page, total: total - 1 });
    if (place >= 0) return this.#show(products.with(place, written), page);
    return this.#show([written, ...products], { ...page, total: total + 1 });
  }

  /**
   * @param {() => unknown} again
   * @param {(signal: AbortSignal) => Promise<void>} read
   */
  async #load(again, read) {
    this.running.abort();
    const running = new AbortController();
    this.running = running;
    this.view.setAttribute("aria-busy", "true");
    try {
      await read(running.signal);
      this.failed = false;
      withdraw("catalogue");
    } catch (error) {
      if (isAbort(error)) return;
      this.failed = troubleOf(error).passes ?? false;
      notifyError("catalogue", error, again);
    }
    this.view.setAttribute("aria-busy", "false");
  }

  /**
   * @param {Api.Product[]} products
   * @param {{ total: number, next_cursor: string | null }} page
   */
  #show(products, { total, next_cursor: next }) {
    Object.assign(this, { products, total, cursor: next });
    /** @type {HTMLElement | null} */
    const held = focused().closest(".good");
    const cards = new Map(products.map((product) => {
      const key = JSON.stringify(product);
      return [key, this.cards.get(key) ?? card(product)];
    }));
    this.cards = cards;
    arrange(this.list, [...cards.values()]);
    if (held?.isConnected === false) this.#focusCard(held.dataset.product);
    this.#count();
  }

  /** @param {string | undefined} productId */
  #focusCard(productId) {
    const changed = [...this.cards.values()].find(({ dataset }) => dataset.product === productId);
    /** @type {HTMLElement | null | undefined} */ (changed?.querySelector("[aria-label^=Edit]"))?.focus();
  }

  #count() {
    const { total } = this;
    this.more.hidden = this.cursor === null;
    this.count.textContent = total === 0 ? "No products yet." : `${this.products.length.toLocaleString("en")} of ${total.toLocaleString("en")} shown, newest first`;
    const badge = byId("total");
    badge.hidden = total === 0;
    badge.textContent = total.toLocaleString("en");
  }
}

/**
 * @param {string | null} cursor
 * @param {number} limit
 * @param {AbortSignal} signal
 * @returns {Promise<Api.ProductPage>}
 */
const readPage = (cursor, limit, signal) =>
  call("GET", withQuery("products", { limit, cursor }), { signal });

/** @param {Api.Product} product */
function card(product) {
  const { product_id: productId, name, images } = product;
  const imageId = firstImageId(product);
  const element = el("li", { className: "good" },
    el("div", { className: "hit-picture" },
      picture(thumbnailPath(productId, imageId)),
      images.length > 1 ? el("span", { className: "rank" }, `${images.length} pictures`) : null),
    el("div", { className: "hit-body" },
      el("h2", { dir: "auto" }, name),
      attributeLine(product.attributes),
      el("p", { className: "id", dir: "auto" }, productId),
      el("div", { className: "hit-actions" },
        button("Similar", () => tell("similar", { productId, imageId, name }), { iconName: "alike", "aria-label": `More like ${name}` }),
        button("Edit", () => openProductForm({ product }), { iconName: "edit", "aria-label": `Edit ${name}` }),
        iconButton(`Delete ${name}`, "bin", () => remove(productId, name)))));
  element.dataset.product = productId;
  return element;
}

/**
 * @param {string} productId
 * @param {string} name
 * @returns {Promise<void>}
 */
async function remove(productId, name) {
  const sentence = `“${name}” (${productId}), its pictures and its place in the index are taken away. This cannot be undone.`;
  if (!(await confirmed("Delete this product?", sentence, "Delete"))) return;
  try {
    await call("DELETE", productPath(productId));
  } catch (error) {
    if (troubleOf(error).status !== 404) return notifyError("delete", error, () => remove(productId, name));
  }
  announce(`${name} is deleted.`);
  tell("catalogue", { deletedId: productId });
  byId("main").focus({ preventScroll: true });
}

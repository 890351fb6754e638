// The catalogue: thumbnails, a page at a time, to create, edit and delete.

import { call, productPath, thumbnailPath, withQuery } from "./api.js";
import { attributeLine } from "./attributes.js";
import { hear, tell } from "./bus.js";
import { confirmed } from "./dialog.js";
import { button, byId, el, icon, iconButton } from "./dom.js";
import { acceptDrops, fileButton } from "./files.js";
import { announce, notifyError, withdraw } from "./notices.js";
import { picture } from "./pictures.js";
import { openProductForm } from "./product-form.js";

const PAGE = 24;
const MOST = 100;

export class CatalogueView {
  constructor() {
    this.list = el("ul", { className: "goods", "aria-label": "Products" });
    this.count = el("p", { className: "hint", role: "status" });
    this.more = button("Show more", () => this.#load(this.cursor), { className: "more", hidden: true });
    this.view = byId("catalogue-view");
    this.failed = false;
    this.view.append(
      el("div", { className: "catalogue-head" },
        el("div", {}, el("h1", { id: "catalogue-title" }, "Catalogue"), this.count),
        fileButton("Add from pictures", "picture", (files) => openProductForm({ files }), { multiple: true }),
        button("Add a product", () => openProductForm(), { iconName: "plus", className: "primary" })),
      el("p", { className: "drop-line" }, icon("picture"), "Drop pictures anywhere here to make a product of them."),
      this.list, this.more);
    acceptDrops(this.view, (files) => openProductForm({ files }));
    for (const event of ["key", "catalogue"]) hear(event, () => this.refresh());
    hear("recovered", () => this.failed && this.refresh());
    this.refresh();
  }

  refresh() {
    return this.#load(null);
  }

  async #load(cursor) {
    this.view.setAttribute("aria-busy", "true");
    try {
      const limit = cursor === null ? Math.min(Math.max(PAGE, this.list.children.length), MOST) : PAGE;
      const page = await call("GET", withQuery("products", { limit, cursor }));
      const cards = page.items.map(card);
      this.failed = false;
      withdraw("catalogue");
      const held = document.activeElement.closest(".good")?.dataset.product;
      this.list.replaceChildren(...(cursor === null ? [] : this.list.children), ...cards);
      this.#count(page);
      cards.find(({ dataset }) => dataset.product === held)?.querySelector("[aria-label^=Edit]").focus();
      if (cursor !== null) cards[0]?.querySelector("button").focus();
    } catch (error) {
      this.failed = error.passes ?? false;
      notifyError("catalogue", error, () => this.#load(cursor));
    }
    this.view.setAttribute("aria-busy", "false");
  }

  #count({ total, next_cursor: next }) {
    const shown = this.list.children.length;
    this.cursor = next;
    this.more.hidden = next === null;
    this.count.textContent = total === 0 ? "No products yet." : `${shown} of ${total.toLocaleString("en")} shown, newest first`;
    const badge = byId("total");
    badge.hidden = total === 0;
    badge.textContent = total.toLocaleString("en");
  }
}

function card(product) {
  const { product_id: productId, name, images } = product;
  const [{ image_id: imageId }] = images;
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

async function remove(productId, name) {
  const sentence = `“${name}” (${productId}), its pictures and its place in the index are taken away. This cannot be undone.`;
  if (!(await confirmed("Delete this product?", sentence, "Delete"))) return;
  try {
    await call("DELETE", productPath(productId));
  } catch (error) {
    if (error.status !== 404) return notifyError("delete", error, () => remove(productId, name));
  }
  announce(`${name} is deleted.`);
  tell("catalogue");
  byId("main").focus({ preventScroll: true });
}

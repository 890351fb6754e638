// The dialog that creates or edits a product.

import { call, imagePath, productPath } from "./api.js";
import { AttributeEditor } from "./attribute-editor.js";
import { tell } from "./bus.js";
import { openDialog } from "./dialog.js";
import { button, el, freshId, reader } from "./dom.js";
import { pastedFiles } from "./files.js";
import { duplicateList } from "./near-duplicates.js";
import { placesOf, notify, troubleOf } from "./notices.js";
import { patchOf } from "./patch.js";
import { PictureList } from "./picture-list.js";

/**
 * Opens it for a new product with `files`, or for a `product` as the service gave it; `asEach` takes
 * the files of a new product where each is to be one.
 * @param {{ product?: Api.Product | null, files?: File[], asEach?: ((files: File[]) => unknown) | null }} options
 */
export function openProductForm({ product = null, files = [], asEach = null }) {
  const form = new ProductForm(product, files, asEach);
  form.open();
}

class ProductForm {
  /**
   * @param {Api.Product | null} product
   * @param {File[]} files
   * @param {((files: File[]) => unknown) | null} asEach
   */
  constructor(product, files, asEach) {
    this.product = product;
    this.asEach = asEach;
    this.pictures = new PictureList(product, files, (added) => this.#added(added));
    this.each = button("Make a product of each picture instead", () => this.#leaveForEach(), { className: "link" });
    this.attributes = new AttributeEditor(product?.attributes ?? {});
    this.name = el("input", { id: freshId("name"), required: true, maxLength: 512, dir: "auto", value: product?.name ?? "" });
    this.description = el("textarea", { id: freshId("description"), rows: 3, maxLength: 10_000, dir: "auto", value: product?.description ?? "" });
    this.readName = reader(this.name, product?.name ?? "");
    this.readDescription = reader(this.description, product?.description ?? "");
    this.productId = el("input", { id: freshId("id"), maxLength: 128, dir: "auto", placeholder: "made for you if left empty" });
    this.trouble = el("div", { className: "error", role: "alert" });
    this.save = el("button", { type: "submit", className: "primary" }, product === null ? "Create" : "Save");
  }

  open() {
    const { product } = this;
    this.dialog = openDialog(product === null ? "New product" : "Edit product", [
      this.pictures.element,
      this.each,
      field("Name", this.name),
      field("Description", this.description),
      this.attributes.element,
      product === null ? field("Product id", this.productId) : null,
      this.trouble,
      el("div", { className: "dialog-actions" },
        button("Cancel", () => this.dialog.leave(), { className: "quiet" }), this.save),
    ].filter((part) => part !== null), { onSubmit: () => this.#submit(), isDirty: () => this.#entered() !== untouched });
    const untouched = this.#entered();
    this.dialog.element.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => this.pictures.add(pastedFiles(event)));
    this.#added([]);
    this.name.focus();
  }

  /** All that was entered, as a text to compare. */
  #entered() {
    return JSON.stringify([this.#words(), this.pictures.state]);
  }

  #words() {
    return [this.name.value, this.description.value, this.productId.value, this.attributes.state];
  }

  /**
   * Several pictures in a form where nothing is entered yet are taken for one product each.
   * @param {File[]} files
   */
  #added(files) {
    const several = this.asEach !== null && this.pictures.files.length > 1;
    this.each.hidden = !several;
    const isFirst = files.length > 1 && files.length === this.pictures.files.length;
    if (several && isFirst && !this.#hasWords()) this.#leaveForEach();
  }

  #hasWords() {
    return this.#words().some((word) => word !== "");
  }

  async #leaveForEach() {
    if (!this.#hasWords()) this.dialog.close();
    else if (!(await this.dialog.leave())) return;
    this.asEach?.(this.pictures.files);
  }

  async #submit() {
    const complaint = this.#complaint();
    if (complaint !== null) return this.#show({ message: complaint });
    this.#working(true);
    try {
      const written = this.product === null ? await this.#create() : await this.#edit(this.product);
      this.dialog.close();
      const { near_duplicates: alike, ...product } = written;
      tell("catalogue", { written: product });
      told(product.name, alike, this.product === null);
    } catch (error) {
      this.#show(troubleOf(error));
      // Pictures may have been added or taken away before the failure.
      if (this.product !== null) tell("catalogue");
    }
    this.#working(false);
  }

  #complaint() {
    if (this.pictures.count === 0) return "A product needs a picture: choose, drop or paste one.";
    const { twice } = this.attributes;
    return twice === null ? null : `Two attributes are called “${twice}”; rename one.`;
  }

  /** @returns {Promise<Api.ProductCreated>} */
  #create() {
    const form = new FormData();
    const { name, description, attributes } = this.#fields();
    form.append("name", name);
    form.append("description", description);
    form.append("attributes", JSON.stringify(attributes));
    if (this.productId.value !== "") form.append("product_id", this.productId.value);
    for (const file of this.pictures.files) form.append("image", file);
    return call("POST", "products", { form });
  }

  /**
   * New pictures come first, so that a product is never without one; what is done is kept.
   * @param {Api.Product} product
   */
  async #edit(product) {
    const { pictures } = this;
    const path = productPath(product.product_id);
    /** @type {Api.NearDuplicate[]} */
    const nearDuplicates = [];
    for (const file of [...pictures.files]) {
      const form = new FormData();
      form.append("image", file);
      /** @type {{ near_duplicates: Api.NearDuplicate[] }} */
      const added = await call("POST", `${path}/images`, { form });
      nearDuplicates.push(...added.near_duplicates);
      pictures.files.shift();
    }
    for (const { image_id: imageId } of [...pictures.removed]) {
      await call("DELETE", imagePath(product.product_id, imageId));
      pictures.removed.shift();
    }
    const patch = patchOf(product, this.#fields());
    /** @type {Api.Product} */
    const written = Object.keys(patch).length === 0 ? await call("GET", path) : await call("PATCH", path, { json: patch });
    return { ...written, near_duplicates: nearDuplicates };
  }

  #fields() {
    return { name: this.readName(), description: this.readDescription(), attributes: this.attributes.attributes };
  }

  /** @param {boolean} working */
  #working(working) {
    this.save.disabled = working;
    this.save.classList.toggle("working", working);
  }

  /** @param {Trouble} error */
  #show(error) {
    /** @type {Record<string, HTMLElement>} */
    const wrong = { "/name": this.name, "/description": this.description, "/product_id": this.productId };
    for (const input of Object.values(wrong)) input.removeAttribute("aria-invalid");
    for (const { pointer } of error.errors ?? []) wrong[pointer]?.setAttribute("aria-invalid", "true");
    const title = error.title === undefined ? null : el("p", { className: "notice-title" }, error.title);
    this.trouble.replaceChildren(...[title, el("p", {}, error.message), ...placesOf(error)].filter((line) => line !== null));
    this.trouble.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 */
const field = (label, input) =>
  el("div", { className: "field" }, el("label", { htmlFor: input.id }, label), input);

/**
 * @param {string} name
 * @param {Api.NearDuplicate[]} alike
 * @param {boolean} isNew
 */
function told(name, alike, isNew) {
  notify({
    about: "saved",
    kind: alike.length === 0 ? "info" : "caution",
    title: isNew ? `“${name}” is in the catalogue` : `“${name}” is saved`,
    text: alike.length === 0 ? null : "The catalogue has something that looks the same:",
    extra: alike.length === 0 ? [] : [duplicateList(alike)],
  });
}

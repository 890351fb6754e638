// The pictures of a product in its form: those stored, and those to come.

import { thumbnailPath } from "./api.js";
import { el, iconButton } from "./dom.js";
import { acceptDrops, fileButton } from "./files.js";
import { picture, showBlob } from "./pictures.js";

export class PictureList {
  /**
   * `product` is null for a new one; `onAdd` hears of every file that comes to `files`.
   * @param {Api.Product | null} product
   * @param {File[]} files
   * @param {(files: File[]) => unknown} onAdd
   */
  constructor(product, files, onAdd) {
    this.onAdd = onAdd;
    this.stored = [...(product?.images ?? [])];
    this.product = product;
    /** @type {Api.Product["images"]} */
    this.removed = [];
    this.files = [...files];
    this.list = el("ul", { className: "previews" });
    this.element = el("fieldset", { className: "field drop-field" },
      el("legend", {}, "Pictures"),
      this.list,
      el("div", { className: "row" },
        fileButton("Choose pictures", "picture", (more) => this.add(more), { multiple: true }),
        fileButton("Photo", "camera", (more) => this.add(more), { camera: true }),
        el("span", { className: "hint" }, "or drop or paste them here")));
    acceptDrops(this.element, (more) => this.add(more));
    this.#render();
  }

  get count() {
    return this.stored.length + this.files.length;
  }

  /** The pictures as plain values, to tell whether they have changed. */
  get state() {
    return [...this.stored.map(({ image_id: id }) => id), ...this.files.map(({ name, size, lastModified }) => [name, size, lastModified])];
  }

  /** @param {File[]} files */
  add(files) {
    this.files.push(...files);
    this.#render();
    this.onAdd(files);
  }

  #render() {
    this.list.replaceChildren(
      ...this.stored.map((image, index) => this.#preview(
        picture(thumbnailPath(this.product?.product_id ?? "", image.image_id)), `picture ${index + 1}`, () => {
          this.removed.push(...this.stored.splice(index, 1));
        })),
      ...this.files.map((file, index) => this.#preview(preview(file), file.name || "new picture", () => {
        this.files.splice(index, 1);
        this.onAdd([]);
      })));
  }

  /**
   * @param {HTMLImageElement} image
   * @param {string} name
   * @param {() => unknown} take
   */
  #preview(image, name, take) {
    return el("li", { className: "preview" }, image, iconButton(`Take away ${name}`, "close", () => {
      take();
      this.#render();
      this.element.querySelector("input")?.focus();
    }, "small"));
  }
}

/** @param {File} file */
function preview(file) {
  const image = el("img", { alt: file.name });
  showBlob(image, file);
  return image;
}

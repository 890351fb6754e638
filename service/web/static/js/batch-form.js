// The dialog that makes a product of each of several pictures.

import { call, isAbort } from "./api.js";
import { nameFromFile, partsOf } from "./batch.js";
import { tell } from "./bus.js";
import { openDialog } from "./dialog.js";
import { button, el, iconButton } from "./dom.js";
import { duplicateList } from "./near-duplicates.js";
import { notify, placesOf, troubleOf } from "./notices.js";
import { showBlob } from "./pictures.js";

const REQUEST = { mostItems: 16, mostBytes: 24 * 1024 * 1024 };

/**
 * Opens it for `files`; `asOne` takes them where they are to be pictures of one product.
 * @param {File[]} files
 * @param {(files: File[]) => unknown} asOne
 */
export const openBatchForm = (files, asOne) => new BatchForm(files, asOne);

class BatchForm {
  created = 0;
  /** @type {Api.NearDuplicate[]} */
  alike = [];
  working = false;
  asked = new AbortController();

  /**
   * @param {File[]} files
   * @param {(files: File[]) => unknown} asOne
   */
  constructor(files, asOne) {
    this.rows = files.map((file) => new Row(file, () => this.#remove()));
    this.list = el("ul", { className: "batch" }, ...this.rows.map(({ element }) => element));
    this.trouble = el("div", { className: "error", role: "alert" });
    this.progress = el("p", { className: "hint", role: "status" });
    this.save = el("button", { type: "submit", className: "primary" });
    this.one = button("", () => this.#asOne(asOne), { "aria-pressed": "false" });
    this.dialog = openDialog("New products", [
      el("div", { className: "segments", role: "group", "aria-label": "What the pictures become" },
        button("One product each", () => {}, { "aria-pressed": "true" }), this.one),
      this.list,
      this.trouble,
      el("div", { className: "dialog-actions" },
        this.progress, button("Cancel", () => this.dialog.leave(), { className: "quiet" }), this.save),
    ], { onSubmit: () => this.#submit(), isDirty: () => this.working || this.rows.some(({ isDirty }) => isDirty) });
    this.dialog.onClose(() => this.#end());
    this.#count();
    this.rows[0]?.input.focus();
  }

  /** @param {(files: File[]) => unknown} asOne */
  async #asOne(asOne) {
    if (await this.dialog.leave()) asOne(this.rows.map(({ file }) => file));
  }

  #remove() {
    this.rows = this.rows.filter(({ element }) => element.isConnected);
    if (this.rows.length === 0) this.dialog.close();
    else this.rows[0]?.input.focus();
    this.#count();
  }

  #count() {
    const many = this.rows.length;
    this.save.textContent = many === 1 ? "Create 1 product" : `Create ${many} products`;
    this.one.textContent = `One product with ${many} pictures`;
    this.one.hidden = many < 2;
  }

  async #submit() {
    this.#work(true);
    this.trouble.replaceChildren();
    try {
      for (const part of partsOf(this.rows, ({ file }) => file.size, REQUEST)) {
        this.progress.textContent = `${this.rows.length} to go …`;
        await this.#send(part);
      }
    } catch (error) {
      if (!isAbort(error)) this.#complain(troubleOf(error));
    }
    this.#work(false);
    if (this.rows.length === 0) this.dialog.close();
  }

  /** @param {Row[]} rows */
  async #send(rows) {
    /** @type {Api.BatchAnswer} */
    const { results } = await call("POST", "products/batch", { form: formOf(rows), signal: this.asked.signal });
    for (const { index, near_duplicates: alike, problem } of results) {
      const row = /** @type {Row} */ (rows[index]);
      if (problem) {
        row.complain(problem.detail);
      } else {
        row.element.remove();
        this.created += 1;
        this.alike.push(...alike);
      }
    }
    this.rows = this.rows.filter(({ element }) => element.isConnected);
    this.#count();
  }

  /** @param {boolean} working */
  #work(working) {
    this.working = working;
    this.save.disabled = working;
    this.save.classList.toggle("working", working);
    if (working) return;
    this.progress.textContent = this.created === 0 ? "" : `${this.created} created, ${this.rows.length} left.`;
    this.rows.find(({ input }) => input.ariaInvalid === "true")?.input.focus();
  }

  /** @param {Trouble} error */
  #complain(error) {
    this.trouble.replaceChildren(el("p", { className: "notice-title" }, error.title), el("p", {}, error.message), ...placesOf(error));
    this.trouble.scrollIntoView({ block: "nearest" });
  }

  #end() {
    this.asked.abort();
    const { created, alike } = this;
    if (created === 0) return;
    tell("catalogue");
    notify({
      about: "saved",
      kind: alike.length === 0 ? "info" : "caution",
      title: created === 1 ? "1 product is in the catalogue" : `${created} products are in the catalogue`,
      text: alike.length === 0 ? null : "Some look the same as others:",
      extra: alike.length === 0 ? [] : [duplicateList(alike)],
    });
  }
}

/** One picture, and the name of the product to be. */
class Row {
  // Known before it is sent, so that sending it again after a lost answer makes no second product.
  productId = freshProductId();

  /**
   * @param {File} file
   * @param {() => void} onRemove
   */
  constructor(file, onRemove) {
    this.file = file;
    this.given = nameFromFile(file.name);
    const image = el("img", { alt: "", decoding: "async" });
    showBlob(image, file);
    this.input = el("input", { value: this.given, required: true, maxLength: 512, dir: "auto", "aria-label": `Name of the product from ${file.name}` });
    this.trouble = el("p", { className: "batch-trouble", role: "alert" });
    this.element = el("li", {},
      image, this.input,
      iconButton(`Leave ${file.name} out`, "close", () => {
        this.element.remove();
        onRemove();
      }, "small"),
      this.trouble);
  }

  get isDirty() {
    return this.input.value !== this.given;
  }

  /** @param {string} sentence */
  complain(sentence) {
    this.input.setAttribute("aria-invalid", "true");
    this.trouble.textContent = sentence;
  }
}

/** @param {Row[]} rows */
function formOf(rows) {
  const form = new FormData();
  const manifest = rows.map(({ productId, input }) => ({ product_id: productId, name: input.value, images: [productId] }));
  form.append("manifest", JSON.stringify(manifest));
  for (const { productId, file } of rows) form.append("files", file, productId);
  return form;
}

// `crypto.randomUUID` is missing where the page is served without TLS.
const freshProductId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

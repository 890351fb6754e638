// Modal dialogs: built when they open, gone when they close.

import { el, freshId, iconButton } from "./dom.js";

/** @typedef {{ onSubmit?: () => unknown, isDirty?: () => boolean, className?: string }} DialogOptions */

/**
 * Opens a dialog around a form. Its submit button calls `onSubmit`; Escape and × leave it.
 * @param {string} title
 * @param {Child[]} content
 * @param {DialogOptions} [options]
 */
export const openDialog = (title, content, options) => new Dialog(title, content, options);

/** A dialog that asks before it throws away what `isDirty` says was entered. */
export class Dialog {
  /**
   * @param {string} title
   * @param {Child[]} content
   * @param {DialogOptions} [options]
   */
  constructor(title, content, { onSubmit, isDirty = () => false, className = "" } = {}) {
    this.isDirty = isDirty;
    const titleId = freshId("dialog-title");
    this.title = el("h2", { id: titleId }, title);
    const form = el("form", {
      className: "dialog-form",
      /** @param {SubmitEvent} event */
      onsubmit: (event) => {
        event.preventDefault();
        onSubmit?.();
      },
    }, ...content);
    this.element = el("dialog", { className, "aria-labelledby": titleId },
      el("div", { className: "dialog-head" },
        this.title,
        iconButton("Close", "close", () => this.leave())),
      form);
    this.#guard();
    document.body.append(this.element);
    this.element.showModal();
  }

  close() {
    this.element.close();
  }

  /** @param {() => unknown} react */
  onClose(react) {
    this.element.addEventListener("close", react);
  }

  /** Closes it, after a question where something would be lost; resolves to whether it is closed. */
  async leave() {
    if (this.isDirty() && !(await confirmed("Discard what you entered?", "It is not saved yet.", "Discard", "Keep editing"))) return false;
    this.close();
    return true;
  }

  #guard() {
    const { element } = this;
    // A browser lets a page refuse a first Escape, but not a second in a row: both end here.
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.leave();
    });
    // By a gesture, such as Android's back; a file chooser's own `cancel` comes by here too.
    element.addEventListener("cancel", (event) => {
      if (event.target !== element) return;
      event.preventDefault();
      this.leave();
    });
    /** @param {BeforeUnloadEvent} event */
    const stay = (event) => this.isDirty() && event.preventDefault();
    addEventListener("beforeunload", stay);
    this.onClose(() => {
      removeEventListener("beforeunload", stay);
      element.remove();
    });
  }
}

/**
 * Asks before something that cannot be undone; resolves to whether it was agreed to.
 * @param {string} title
 * @param {string} sentence
 * @param {string} verb
 * @param {string} [refusal]
 * @returns {Promise<boolean>}
 */
export function confirmed(title, sentence, verb, refusal = "Keep it") {
  return new Promise((resolve) => {
    let agreed = false;
    const dialog = openDialog(title, [
      el("p", {}, sentence),
      el("div", { className: "dialog-actions" },
        el("button", { type: "button", className: "quiet", autofocus: true, onclick: () => dialog.close() }, refusal),
        el("button", { type: "submit", className: "danger" }, verb)),
    ], {
      className: "small",
      onSubmit: () => {
        agreed = true;
        dialog.close();
      },
    });
    dialog.onClose(() => resolve(agreed));
  });
}

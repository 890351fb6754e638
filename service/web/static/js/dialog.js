// Modal dialogs: built when they open, gone when they close.

import { el, freshId, iconButton } from "./dom.js";

/** Opens a dialog around a form. Its submit button calls `onSubmit`; Escape and × close it. */
export function openDialog(title, content, { onSubmit, className = "" } = {}) {
  const titleId = freshId("dialog-title");
  const form = el("form", {
    className: "dialog-form",
    onsubmit: (event) => {
      event.preventDefault();
      onSubmit?.();
    },
  }, ...content);
  const dialog = el("dialog", { className, "aria-labelledby": titleId },
    el("div", { className: "dialog-head" },
      el("h2", { id: titleId }, title),
      iconButton("Close", "close", () => dialog.close())),
    form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something that cannot be undone; resolves to whether it was agreed to. */
export function confirmed(title, sentence, verb) {
  return new Promise((resolve) => {
    let agreed = false;
    const dialog = openDialog(title, [
      el("p", {}, sentence),
      el("div", { className: "dialog-actions" },
        el("button", { type: "button", className: "quiet", autofocus: true, onclick: () => dialog.close() }, "Keep it"),
        el("button", { type: "submit", className: "danger" }, verb)),
    ], {
      className: "small",
      onSubmit: () => {
        agreed = true;
        dialog.close();
      },
    });
    dialog.addEventListener("close", () => resolve(agreed));
  });
}

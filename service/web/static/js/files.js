// Picture files that come in by choosing, dropping, pasting or the camera.

import { el, freshId, icon } from "./dom.js";
import { notify } from "./notices.js";

/**
 * A file input under a label that looks like a button.
 * @param {string} label
 * @param {string} iconName
 * @param {(files: File[]) => unknown} onFiles
 * @param {{ multiple?: boolean, camera?: boolean, className?: string }} [options]
 */
export function fileButton(label, iconName, onFiles, { multiple = false, camera = false, className = "" } = {}) {
  const id = freshId("file");
  /** @type {HTMLInputElement} */
  const input = el("input", {
    id, type: "file", accept: "image/*", multiple, className: "unseen",
    onchange: () => {
      const files = [...input.files ?? []];
      input.value = "";
      if (files.length > 0) onFiles(files);
    },
  });
  if (camera) input.setAttribute("capture", "environment");
  return el("span", { className: "file-button" },
    input,
    el("label", { htmlFor: id, className: `button ${className}` }, icon(iconName), el("span", {}, label)));
}

/**
 * Lets files be dropped on an element, which is marked while they hover over it.
 * @param {HTMLElement} element
 * @param {(files: File[]) => unknown} onFiles
 */
export function acceptDrops(element, onFiles) {
  let depth = 0;
  /** @param {number} change */
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    element.classList.toggle("dropping", depth > 0);
  };
  element.addEventListener("dragenter", (event) => isPicture(event) && mark(1));
  element.addEventListener("dragleave", () => mark(-1));
  element.addEventListener("drop", (event) => {
    if (!isPicture(event)) return;
    event.preventDefault();
    mark(-depth);
    const files = [...event.dataTransfer?.files ?? []];
    if (files.length > 0) onFiles(files);
    else notify({ about: "drop", kind: "error", title: "That was no file", text: "Save the picture first, then drop the file here; or copy the picture and paste it." });
  });
}

/** A file that misses its place must not take the browser away from the page. */
export function catchStrayDrops() {
  /** @param {DragEvent} event */
  const stay = (event) => isPicture(event) && event.preventDefault();
  document.addEventListener("dragover", stay);
  document.addEventListener("drop", stay);
}

// A picture of another page may come as its address alone; text goes where it is dropped.
/** @param {DragEvent} event */
const isPicture = ({ dataTransfer }) =>
  dataTransfer !== null && ["Files", "text/uri-list"].some((type) => dataTransfer.types.includes(type));

/**
 * The picture files on the clipboard of a paste event.
 * @param {ClipboardEvent} event
 */
export const pastedFiles = (event) =>
  [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));

// The picture of the query: dropped, pasted, chosen or photographed, then cropped.

import { hear } from "./bus.js";
import { CropFrame } from "./crop.js";
import { button, byId, el, icon, iconButton } from "./dom.js";
import { acceptDrops, fileButton, pastedFiles } from "./files.js";
import { notify, withdraw } from "./notices.js";
import { showBlob } from "./pictures.js";
import { WHOLE } from "./query.js";

/** @typedef {(files: File[]) => void} Take */

/** @param {import("./query.js").Query} query */
export function installPictureInput(query) {
  const place = byId("picture");
  /** @type {Take} */
  const take = ([file, ...others]) => {
    if (file === undefined) return;
    withdraw("several");
    if (others.length > 0) notify({ about: "several", title: `Only “${file.name}” is searched with`, text: "A search takes one picture of yours." });
    query.change({ picture: { file, crop: WHOLE, weight: query.picture?.weight ?? 1 }, products: [] });
  };
  /** @type {File | null | undefined} */
  let shown;

  const render = () => {
    const file = query.picture?.file ?? null;
    if (file === shown) return;
    shown = file;
    place.replaceChildren(...(shown === null ? invitation(take) : preview(query, shown, take)));
  };

  acceptDrops(byId("search-view"), take);
  document.addEventListener("paste", (event) => {
    const files = pastedFiles(event);
    if (files.length === 0 || document.querySelector("dialog[open]") !== null) return;
    event.preventDefault();
    hearPaste(take, files);
  });
  query.addEventListener("change", render);
  hear("picture", (file) => take([file]));
  render();
}

/**
 * @param {Take} take
 * @param {File[]} files
 */
function hearPaste(take, files) {
  if (location.hash !== "#search") location.hash = "#search";
  take(files);
}

/** @param {Take} take */
function invitation(take) {
  return [
    el("div", { className: "drop" },
      icon("picture"),
      el("p", { className: "drop-title" }, "Drop a picture here"),
      el("p", { className: "hint" }, "or paste one with Ctrl+V"),
      el("div", { className: "row" },
        fileButton("Choose", "picture", take, { className: "primary" }),
        fileButton("Photo", "camera", take, { camera: true }))),
  ];
}

/**
 * @param {import("./query.js").Query} query
 * @param {File} file
 * @param {Take} take
 */
function preview(query, file, take) {
  const image = el("img", { alt: "Your picture", draggable: false });
  const stage = el("div", { className: "stage" });
  /** @type {HTMLButtonElement} */
  const whole = button("Whole picture", () => frame.set(WHOLE), { className: "quiet", hidden: true });
  /** @type {CropFrame} */
  const frame = new CropFrame(image, WHOLE, (crop) => {
    whole.hidden = frame.isWhole;
    if (query.picture !== null) query.change({ picture: { ...query.picture, crop } });
  });
  image.addEventListener("error", () => stage.replaceChildren(unshown(file)));
  showBlob(image, file);
  stage.append(frame.element);
  return [
    stage,
    el("div", { className: "row" },
      fileButton("Another", "picture", take),
      whole,
      iconButton("Remove the picture", "bin", () => query.change({ picture: null }), "last")),
  ];
}

// The service reads more formats than a browser shows: the search may well work.
/** @param {File} file */
const unshown = (file) =>
  el("div", { className: "drop" }, icon("picture"), el("p", {}, file.name || "Picture"), el("p", { className: "hint" }, "This browser cannot show it."));

// The picture of the query: dropped, pasted, chosen or photographed, then cropped.

import { hear } from "./bus.js";
import { CropFrame } from "./crop.js";
import { button, byId, el, icon, iconButton } from "./dom.js";
import { acceptDrops, fileButton, pastedFiles } from "./files.js";
import { notify, withdraw } from "./notices.js";
import { showBlob } from "./pictures.js";
import { WHOLE } from "./query.js";

export function installPictureInput(query) {
  const place = byId("picture");
  const take = ([file, ...others]) => {
    withdraw("several");
    if (others.length > 0) notify({ about: "several", title: `Only “${file.name}” is searched with`, text: "A search takes one picture of yours." });
    query.change({ picture: { file, crop: WHOLE, weight: query.picture?.weight ?? 1 }, products: [] });
  };
  let shown;

  const render = () => {
    const file = query.picture?.file ?? null;
    if (file === shown) return;
    shown = file;
    place.replaceChildren(...(shown === null ? invitation(take) : preview(query, take)));
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

function hearPaste(take, files) {
  if (location.hash !== "#search") location.hash = "#search";
  take(files);
}

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

function preview(query, take) {
  const { file } = query.picture;
  const image = el("img", { alt: "Your picture", draggable: false });
  const stage = el("div", { className: "stage" });
  const whole = button("Whole picture", () => frame.set(WHOLE), { className: "quiet", hidden: true });
  const frame = new CropFrame(image, WHOLE, (crop) => {
    whole.hidden = frame.isWhole;
    query.change({ picture: { ...query.picture, crop } });
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
const unshown = (file) =>
  el("div", { className: "drop" }, icon("picture"), el("p", {}, file.name || "Picture"), el("p", { className: "hint" }, "This browser cannot show it."));

// Why a product is where it is: its sum, and where in its picture each signal sees the likeness.

import { CallError, imagePath } from "./api.js";
import { attributeTable } from "./attributes.js";
import { openDialog } from "./dialog.js";
import { el, vary } from "./dom.js";
import { placesOf } from "./notices.js";
import { picture } from "./pictures.js";
import { scoreBar, scoreTable } from "./score.js";
import { search } from "./searching.js";

export function openExplanation(query, hit, encoders) {
  const { product, image } = hit;
  const frame = el("div", { className: "explained" });
  showPicture(frame, product, image);
  const toggles = el("div", { className: "toggles", role: "group", "aria-label": "Show where the likeness is" },
    el("p", { className: "hint", role: "status" }, "Asking where the likeness is …"));
  const asked = new AbortController();
  const dialog = openDialog(product.name, [
    el("div", { className: "why" },
      el("div", {}, frame, toggles),
      el("div", { className: "why-words" },
        scoreTable(hit, encoders),
        scoreBar(hit),
        product.description === "" ? null : el("p", { dir: "auto", className: "prose" }, product.description),
        attributeTable(product.attributes))),
  ], { className: "wide" });
  dialog.onClose(() => asked.abort());
  overlay(query, hit, frame, toggles, asked.signal);
}

function showPicture(frame, product, image) {
  const shown = picture(imagePath(product.product_id, image.image_id), `Picture of ${product.name}`);
  shown.addEventListener("load", () => vary(frame, { ratio: shown.naturalWidth / shown.naturalHeight }));
  frame.replaceChildren(shown);
}

async function overlay(query, hit, frame, toggles, signal) {
  try {
    const { hit: found, unexplained } = await explained(query, hit, signal);
    // By other weights another picture of the product may be its best.
    if (found.image.image_id !== hit.image.image_id) showPicture(frame, hit.product, found.image);
    const drawn = overlaysOf(found.explanation);
    toggles.replaceChildren(
      el("p", { className: "hint" }, drawn.length === 0 ? "There is no map of the likeness." : "Where the likeness is:"),
      ...drawn.map(([name, drawing]) => toggle(name, drawing, frame)),
      ...Object.values(unexplained).map((reason) => el("p", { className: "hint" }, reason)));
    toggles.querySelector("button")?.click();
  } catch (error) {
    if (error.name === "AbortError") return;
    toggles.replaceChildren(el("p", { className: "error", role: "alert" }, error.message), ...placesOf(error));
  }
}

/** Asks for this one product alone: an explanation costs more than a search. */
async function explained(query, hit, signal) {
  const only = { product_id: hit.product.product_id };
  const answer = await search(query, { limit: 1, explain: true, overlay: true, filter: only }, signal);
  if (answer.hits.length === 0) throw new CallError({ title: "Gone", detail: "This product is no longer in the catalogue." });
  return { hit: answer.hits[0], unexplained: answer.query.unexplained ?? {} };
}

/** The drawings by signal. A signal has none where the query has no such side, or the picture is gone. */
export function overlaysOf(explanation) {
  return Object.entries(explanation ?? {})
    .map(([signal, explained]) => [signal, explained?.overlay ?? null])
    .filter(([, drawing]) => drawing !== null);
}

function toggle(name, drawn, frame) {
  const layer = el("img", { src: drawn, alt: "", className: `layer ${name}`, hidden: true });
  frame.append(layer);
  return el("button", {
    type: "button", className: name, "aria-pressed": "false",
    onclick: (event) => {
      layer.hidden = !layer.hidden;
      event.currentTarget.setAttribute("aria-pressed", String(!layer.hidden));
    },
  }, name === "semantic" ? "Semantic" : "Visual");
}

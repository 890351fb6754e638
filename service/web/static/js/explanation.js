// Why a product is where it is: its sum, and where in its picture each signal sees the likeness.

import { CallError, imagePath, isAbort } from "./api.js";
import { attributeTable } from "./attributes.js";
import { openDialog } from "./dialog.js";
import { el, vary } from "./dom.js";
import { placesOf, troubleOf } from "./notices.js";
import { picture } from "./pictures.js";
import { scoreBar, scoreTable } from "./score.js";
import { search } from "./searching.js";
import { signalClass, titled } from "./signals.js";

/**
 * @param {import("./query.js").Query} query
 * @param {Api.Hit} hit
 * @param {Record<string, string>} encoders
 */
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

/**
 * @param {HTMLElement} frame
 * @param {Api.Hit["product"]} product
 * @param {Api.Hit["image"]} image
 */
function showPicture(frame, product, image) {
  const shown = picture(imagePath(product.product_id, image.image_id), `Picture of ${product.name}`);
  shown.addEventListener("load", () => vary(frame, { ratio: shown.naturalWidth / shown.naturalHeight }));
  frame.replaceChildren(shown);
}

/**
 * @param {import("./query.js").Query} query
 * @param {Api.Hit} hit
 * @param {HTMLElement} frame
 * @param {HTMLElement} toggles
 * @param {AbortSignal} abort
 */
async function overlay(query, hit, frame, toggles, abort) {
  try {
    const { hit: found, unexplained } = await explained(query, hit, abort);
    // By other weights another picture of the product may be its best.
    if (found.image.image_id !== hit.image.image_id) showPicture(frame, hit.product, found.image);
    const drawn = overlaysOf(found.explanation);
    toggles.replaceChildren(
      el("p", { className: "hint" }, drawn.length === 0 ? "There is no map of the likeness." : "Where the likeness is:"),
      ...drawn.map(({ signal, place, drawing }) => toggle(signal, place, drawing, frame)),
      ...Object.values(unexplained).map((reason) => el("p", { className: "hint" }, reason)));
    toggles.querySelector("button")?.click();
  } catch (error) {
    if (isAbort(error)) return;
    const trouble = troubleOf(error);
    toggles.replaceChildren(el("p", { className: "error", role: "alert" }, trouble.message), ...placesOf(trouble));
  }
}

/**
 * Asks for this one product alone: an explanation costs more than a search.
 * @param {import("./query.js").Query} query
 * @param {Api.Hit} hit
 * @param {AbortSignal} signal
 */
async function explained(query, hit, signal) {
  const only = { product_id: hit.product.product_id };
  const answer = await search(query, { limit: 1, explain: true, overlay: true, filter: only }, signal);
  const [found] = answer.hits;
  if (found === undefined) throw new CallError({ status: 404, title: "Gone", detail: "This product is no longer in the catalogue." });
  return { hit: found, unexplained: answer.query.unexplained ?? {} };
}

/**
 * The drawings by signal. A signal has none where the query has no such side, or the picture is gone.
 * @param {Api.Hit["explanation"]} explanation
 */
export function overlaysOf(explanation) {
  return Object.entries(explanation ?? {})
    .flatMap(([signal, shares], place) => {
      const drawing = shares?.overlay ?? null;
      return drawing === null ? [] : [{ signal, place, drawing }];
    });
}

/**
 * @param {string} signal
 * @param {number} place
 * @param {string} drawing
 * @param {HTMLElement} frame
 */
function toggle(signal, place, drawing, frame) {
  const layer = el("img", { src: drawing, alt: "", className: "layer", hidden: true });
  layer.dataset.signal = signal;
  frame.append(layer);
  const pressed = el("button", {
    type: "button", className: signalClass(place), "aria-pressed": "false",
    onclick: () => {
      layer.hidden = !layer.hidden;
      pressed.ariaPressed = String(!layer.hidden);
    },
  }, titled(signal));
  return pressed;
}

// Products whose pictures look the same as one that was just written.

import { thumbnailPath } from "./api.js";
import { el } from "./dom.js";
import { picture } from "./pictures.js";

const SHOWN = 8;

/** @param {Api.NearDuplicate[]} alike */
export function duplicateList(alike) {
  return el("ul", { className: "alike" }, ...alike.slice(0, SHOWN).map(duplicate));
}

/** @param {Api.NearDuplicate} alike */
function duplicate({ product_id: productId, image_id: imageId, name, similarity, same_bytes: same }) {
  return el("li", {}, picture(thumbnailPath(productId, imageId)),
    el("span", {}, el("bdi", {}, name), ` (${productId}): `, same ? "the very same file" : `${(similarity * 100).toFixed(1)} % alike`));
}

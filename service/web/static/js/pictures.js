// Stored pictures in <img> elements. An <img> cannot send an API key, so with one the bytes are
// fetched and shown by a blob address.

import { fetchBlob } from "./api.js";
import { el } from "./dom.js";
import { apiKey } from "./key.js";

/**
 * @param {string} path
 * @param {string} [alt]
 * @param {string} [className]
 */
export function picture(path, alt = "", className = "") {
  const image = el("img", { alt, className, decoding: "async" });
  image.addEventListener("error", () => image.classList.add("missing"));
  if (apiKey() === null) {
    image.loading = "lazy";
    image.src = path;
  } else {
    showFetched(image, path);
  }
  return image;
}

/**
 * @param {HTMLImageElement} image
 * @param {string} path
 */
async function showFetched(image, path) {
  try {
    showBlob(image, await fetchBlob(path));
  } catch {
    // The words of the failure come with the call that lists the pictures; here one is missing.
    image.classList.add("missing");
  }
}

/**
 * Shows a file or blob; its address is freed once the picture is decoded.
 * @param {HTMLImageElement} image
 * @param {Blob} blob
 */
export function showBlob(image, blob) {
  const address = URL.createObjectURL(blob);
  const free = () => URL.revokeObjectURL(address);
  image.addEventListener("load", free, { once: true });
  image.addEventListener("error", free, { once: true });
  image.src = address;
}

/**
 * The picture that stands for a product, which has one at least.
 * @param {{ images: { image_id: string }[] }} product
 */
export const firstImageId = ({ images }) => images[0]?.image_id ?? "";

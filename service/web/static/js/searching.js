// From a query to the call that answers it.

import { asForm, call, productPath, withQuery } from "./api.js";

/** So many that moving the slider brings up what was far down before. */
export const CANDIDATES = 100;

/**
 * The answer for a query; `options` are further fields: limit, weights, explain …
 * @param {import("./query.js").Query} query
 * @param {Record<string, unknown>} options
 * @param {AbortSignal} signal
 * @returns {Promise<Api.SearchAnswer>}
 */
export function search(query, options, signal) {
  const fields = { weights: query.weights, filter: query.filter, ...options };
  const alone = aloneProduct(query);
  if (alone !== null) {
    return call("GET", withQuery(`${productPath(alone)}/similar`, fields), { signal });
  }
  if (query.picture === null) {
    return call("POST", "search", { json: { parts: query.parts, ...fields }, signal });
  }
  const form = asForm({ parts: query.parts, ...fields });
  form.append("image", query.picture.file, "photo");
  return call("POST", "search/image", { form, signal });
}

/**
 * The id where one product is the whole query: then it is itself no hit.
 * @param {import("./query.js").Query} query
 */
export function aloneProduct({ picture, text, products }) {
  const [only, ...others] = products;
  if (picture !== null || text.value !== "" || only === undefined || others.length > 0) return null;
  return only.weight > 0 ? only.productId : null;
}

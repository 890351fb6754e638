// From a query to the call that answers it.

import { asForm, call, CallError, productPath, withQuery } from "./api.js";
import { forgetTokens, keepToken, withToken } from "./tokens.js";

/** So many that moving the slider brings up what was far down before. */
export const CANDIDATES = 100;

/**
 * The answer for a query; `options` are further fields: limit, weights, explain …
 * @param {import("./query.js").Query} query
 * @param {Record<string, unknown>} options
 * @param {AbortSignal} signal
 * @returns {Promise<Api.SearchAnswer>}
 */
export async function search(query, options, signal) {
  const fields = { weights: query.weights, filter: query.filter, ...options };
  const alone = aloneProduct(query);
  if (alone !== null) {
    return call("GET", withQuery(`${productPath(alone)}/similar`, fields), { signal });
  }
  const { picture, parts } = query;
  if (picture === null) return call("POST", "search", { json: { parts, ...fields }, signal });
  const small = withToken(picture.file, parts);
  if (small !== null) {
    try {
      return await call("POST", "search", { json: { parts: small, ...fields }, signal });
    } catch (error) {
      if (!(error instanceof CallError && error.status === 409)) throw error;
      forgetTokens(picture.file); // Other encoders are in use now.
    }
  }
  const form = asForm({ parts, return_token: true, ...fields });
  form.append("image", picture.file, "photo");
  const answer = await call("POST", "search/image", { form, signal });
  keepToken(picture.file, parts, answer.query.token);
  return answer;
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

// Calls of the service. Addresses are relative to the page, so that any mount point works.

import { tell } from "./bus.js";
import { apiKey, askForKey } from "./key.js";

/** What went wrong, in words. `status` is 0 where no answer came. */
export class CallError extends Error {
  /** @param {{ status: number, title: string, detail: string, errors?: { pointer: string, detail: string }[] }} problem */
  constructor({ status, title, detail, errors = [] }) {
    super(detail);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }

  /** Whether the same call may work later, unchanged. */
  get passes() {
    return this.status === 0 || this.status >= 500;
  }
}

/**
 * Whether a call failed because the page itself broke it off.
 * @param {unknown} error
 */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

const UNREACHABLE = {
  status: 0,
  title: "The service does not answer",
  detail: "Check that it runs and that the network is there. This page notices when it is back.",
};

/**
 * The JSON of the answer, or null where it has none. Raises CallError, AbortError.
 * @template Answer
 * @param {string} method
 * @param {string} path
 * @param {{ json?: unknown, form?: FormData, signal?: AbortSignal }} [options]
 * @returns {Promise<Answer>}
 */
export async function call(method, path, { json, form, signal } = {}) {
  const response = await send(method, path, { json, form, signal });
  return response.status === 204 ? /** @type {Answer} */ (null) : await response.json();
}

/**
 * The bytes of a picture as a Blob. Raises CallError, AbortError.
 * @param {string} path
 */
export async function fetchBlob(path) {
  return (await send("GET", path, {})).blob();
}

/** @param {string} productId */
export const productPath = (productId) => `products/${encodeURIComponent(productId)}`;

/**
 * @param {string} productId
 * @param {string} imageId
 */
export const imagePath = (productId, imageId) =>
  `${productPath(productId)}/images/${encodeURIComponent(imageId)}`;

/**
 * @param {string} productId
 * @param {string} imageId
 */
export const thumbnailPath = (productId, imageId) =>
  `${imagePath(productId, imageId)}?size=thumbnail`;

/**
 * A query string of what is given; objects and lists are sent as JSON.
 * @param {string} path
 * @param {Record<string, unknown>} values
 */
export function withQuery(path, values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, text(value)]));
  return given.length === 0 ? path : `${path}?${search}`;
}

/**
 * The same as a form.
 * @param {Record<string, unknown>} values
 */
export function asForm(values) {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) form.append(name, text(value));
  }
  return form;
}

/** @param {unknown} value */
const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/**
 * @param {string} method
 * @param {string} path
 * @param {{ json?: unknown, form?: FormData, signal?: AbortSignal }} options
 * @returns {Promise<Response>}
 */
async function send(method, path, { json, form, signal }) {
  const headers = new Headers({ Accept: "application/json, application/problem+json, image/*" });
  const key = apiKey();
  if (key !== null) headers.set("Authorization", `Bearer ${key}`);
  if (json !== undefined) headers.set("Content-Type", "application/json");
  const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (isAbort(error)) throw error;
    tell("trouble");
    throw new CallError(UNREACHABLE);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 || response.status === 403) askForKey(problem.detail);
  if (response.status === 503) tell("trouble");
  throw problem;
}

/** @param {Response} response */
async function problemOf(response) {
  const { status } = response;
  try {
    return new CallError({ ...(await response.json()), status });
  } catch {
    const title = `The answer was ${status} ${response.statusText}`.trim();
    const detail = "It did not come from the service itself: a proxy before it may be in trouble.";
    return new CallError({ status, title, detail });
  }
}

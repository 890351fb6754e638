// Tokens of the query's picture: with one, no further search sends the picture again.

/** @typedef {{ image?: string, crop?: Crop, weight: number }} Part */

/** By file, and by the crop of it. @type {WeakMap<File, Map<string, string>>} */
const tokens = new WeakMap();

/**
 * The parts with the picture's token in its place; null where there is none yet.
 * @param {File} file
 * @param {Part[]} parts
 */
export function withToken(file, parts) {
  const token = tokens.get(file)?.get(cropOf(parts));
  if (token === undefined) return null;
  return parts.map((part) => (part.image === undefined ? part : { token, weight: part.weight }));
}

/**
 * Keeps the token of an answer whose query was the picture alone.
 * @param {File} file
 * @param {Part[]} parts
 * @param {string | undefined} token
 */
export function keepToken(file, parts, token) {
  if (token === undefined || parts.length !== 1 || parts.some(({ weight }) => weight <= 0)) return;
  const known = tokens.get(file) ?? new Map();
  tokens.set(file, known.set(cropOf(parts), token));
}

/**
 * For encoders that have changed.
 * @param {File} file
 */
export const forgetTokens = (file) => tokens.delete(file);

/** @param {Part[]} parts */
const cropOf = (parts) => JSON.stringify(parts.find(({ image }) => image !== undefined)?.crop ?? null);

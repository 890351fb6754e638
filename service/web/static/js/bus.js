// What parts of the page tell each other: "key" (another API key), "trouble" (it does not
// answer), "recovered" (it does again), "signals" (what the score is made of), "catalogue" (products have changed: one is `written` or has
// the `deletedId`, or any may be others), "similar" and "add" (a product for the query).

const target = new EventTarget();

/**
 * @typedef {{
 *   key: void, trouble: void, recovered: void, signals: Api.Signal[], picture: File,
 *   catalogue: { written?: Api.Product, deletedId?: string } | void,
 *   similar: ChosenProduct, add: ChosenProduct,
 * }} Messages
 */

/**
 * @template {keyof Messages} Name
 * @param {Name} name
 * @param {Messages[Name]} [detail]
 */
export const tell = (name, detail) => target.dispatchEvent(new CustomEvent(name, { detail }));

/**
 * @template {keyof Messages} Name
 * @param {Name} name
 * @param {(detail: Messages[Name]) => unknown} react
 */
export const hear = (name, react) =>
  target.addEventListener(name, (event) => react(/** @type {CustomEvent<Messages[Name]>} */ (event).detail));

// What is searched for: a picture, words, products of the catalogue, and how they are weighed.

/** @type {Crop} */
export const WHOLE = Object.freeze({ x: 0, y: 0, width: 1, height: 1 });

export class Query extends EventTarget {
  /** @type {PictureOfQuery | null} */
  picture = null;
  /** @type {TextOfQuery} */
  text = { value: "", weight: 1 };
  /** @type {ProductOfQuery[]} */
  products = [];
  /** Null for the service's own. @type {Weights | null} */
  weights = null;
  /** @type {Record<string, Condition> | null} */
  filter = null;
  /** As the service tells them, in their order; none before it has. @type {Api.Signal[]} */
  signals = [];

  get isEmpty() {
    return this.picture === null && this.text.value === "" && this.products.length === 0;
  }

  /** A picture has every signal; words have only some. */
  get hasPictures() {
    return this.picture !== null || this.products.length > 0;
  }

  /** The names of the signals that can compare what is searched for. */
  get usableSignals() {
    const all = this.isEmpty || this.hasPictures;
    return this.signals.filter(({ text_encoder: texts }) => all || texts !== null).map(({ name }) => name);
  }

  /** The weights of a search that brings none. */
  get defaultWeights() {
    return Object.fromEntries(this.signals.map(({ name, weight }) => [name, weight]));
  }

  /**
   * Changes what is given, and tells the listeners.
   * @param {Partial<Pick<Query, "picture" | "text" | "products" | "weights" | "filter" | "signals">>} fields
   */
  change(fields) {
    Object.assign(this, fields);
    this.dispatchEvent(new Event("change"));
  }

  get parts() {
    const { picture, text, products } = this;
    return [
      ...(picture === null ? [] : [{ image: "photo", weight: picture.weight, ...cropOf(picture) }]),
      ...(text.value === "" ? [] : [{ text: text.value, weight: text.weight }]),
      ...products.map(({ productId, weight }) => ({ product_id: productId, weight })),
    ];
  }
}

/** @param {PictureOfQuery} picture */
const cropOf = ({ crop }) =>
  (crop.x === WHOLE.x && crop.y === WHOLE.y && crop.width === WHOLE.width && crop.height === WHOLE.height ? {} : { crop });

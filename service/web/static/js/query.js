// What is searched for: a picture, words, products of the catalogue, and how they are weighed.

export const WHOLE = Object.freeze({ x: 0, y: 0, width: 1, height: 1 });

export class Query extends EventTarget {
  picture = null; // { file, crop, weight }
  text = { value: "", weight: 1 };
  products = []; // { productId, name, imageId, weight }
  weights = null; // By signal, or null for the service's own.
  filter = null;
  signals = []; // As the service tells them, in their order; none before it has.

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

  /** Changes what is given, and tells the listeners. */
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

const cropOf = ({ crop }) =>
  Object.keys(WHOLE).every((side) => crop[side] === WHOLE[side]) ? {} : { crop };

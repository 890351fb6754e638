// What is searched for: a picture, words, products of the catalogue, and how they are weighed.

export const WHOLE = Object.freeze({ x: 0, y: 0, width: 1, height: 1 });

export class Query extends EventTarget {
  picture = null; // { file, crop, weight }
  text = { value: "", weight: 1 };
  products = []; // { productId, name, imageId, weight }
  weights = null; // { semantic, visual }, or null for the service's own
  filter = null;

  get isEmpty() {
    return this.picture === null && this.text.value === "" && this.products.length === 0;
  }

  /** A text has no visual side, so that without a picture there is nothing to weigh. */
  get hasVisualSide() {
    return this.picture !== null || this.products.length > 0;
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

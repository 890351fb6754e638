// How many files become products: their names, and how they are parted into requests.

const MOST_NAME_CHARS = 512;

/**
 * A product's name from a file's: "red-mug_2.JPG" is "red mug 2".
 * @param {string} fileName
 */
export function nameFromFile(fileName) {
  const words = fileName.replace(/\.[^.\s]{1,5}$/, "").replace(/[\s_-]+/g, " ").trim();
  return (words || fileName.trim() || "Picture").slice(0, MOST_NAME_CHARS);
}

/**
 * Parts `items` in their order so that no part has more than `mostItems` or, by `bytesOf`, more
 * than `mostBytes`; a single item above that is a part of its own.
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => number} bytesOf
 * @param {{ mostItems: number, mostBytes: number }} limits
 */
export function partsOf(items, bytesOf, { mostItems, mostBytes }) {
  /** @type {Item[][]} */
  const parts = [];
  /** @type {Item[]} */
  let last = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (parts.length === 0 || bytes > room || last.length === mostItems) {
      last = [];
      parts.push(last);
      room = mostBytes;
    }
    last.push(item);
    room -= bytes;
  }
  return parts;
}

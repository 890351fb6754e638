// How many files become products: their names, and how they are parted into requests.

const MOST_NAME_CHARS = 512;

/** A product's name from a file's: "red-mug_2.JPG" is "red mug 2". */
export function nameFromFile(fileName) {
  const words = fileName.replace(/\.[^.\s]{1,5}$/, "").replace(/[\s_-]+/g, " ").trim();
  return (words || fileName.trim() || "Picture").slice(0, MOST_NAME_CHARS);
}

/**
 * Parts `items` in their order so that no part has more than `mostItems` or, by `bytesOf`, more
 * than `mostBytes`; a single item above that is a part of its own.
 */
export function partsOf(items, bytesOf, { mostItems, mostBytes }) {
  const parts = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (parts.length === 0 || bytes > room || parts.at(-1).length === mostItems) {
      parts.push([]);
      room = mostBytes;
    }
    parts.at(-1).push(item);
    room -= bytes;
  }
  return parts;
}

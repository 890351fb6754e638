import assert from "node:assert/strict";
import { test } from "node:test";

import { nameFromFile, partsOf } from "../../service/web/static/js/batch.js";

for (const [fileName, name] of [
  ["red-mug_2.JPG", "red mug 2"],
  ["no extension", "no extension"],
  ["v1.2 sofa.webp", "v1.2 sofa"],
  ["  spaced   out .png", "spaced out"],
  [".png", ".png"],
  ["", "Picture"],
  ["___", "___"],
  ["中文 🚗.jpeg", "中文 🚗"],
]) {
  test(`the file "${fileName}" becomes the product "${name}"`, () => {
    assert.equal(nameFromFile(fileName), name);
  });
}

test("a name is no longer than the service takes", () => {
  assert.equal(nameFromFile(`${"n".repeat(600)}.png`).length, 512);
});

const sizes = (parts) => parts.map((part) => part.join(" "));
const part = (items, mostItems, mostBytes) => sizes(partsOf(items, (item) => item, { mostItems, mostBytes }));

test("a part holds no more items than it may", () => {
  assert.deepEqual(part([1, 1, 1, 1, 1], 2, 100), ["1 1", "1 1", "1"]);
});

test("a part holds no more bytes than it may", () => {
  assert.deepEqual(part([4, 6, 1, 10], 9, 10), ["4 6", "1", "10"]);
});

test("an item above the limit goes alone", () => {
  assert.deepEqual(part([3, 20, 3], 9, 10), ["3", "20", "3"]);
});

test("nothing makes no parts", () => {
  assert.deepEqual(part([], 9, 10), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { patchOf } from "../../service/web/static/js/patch.js";

const PRODUCT = { name: "Mug", description: "", attributes: { colour: "red", tags: ["a"], price: 1 } };

test("an untouched product has an empty patch", () => {
  assert.deepEqual(patchOf(PRODUCT, structuredClone(PRODUCT)), {});
});

test("only what has changed is in the patch, and null takes an attribute away", () => {
  const changed = { name: "Cup", description: "", attributes: { colour: "blue", tags: ["a"] } };
  assert.deepEqual(patchOf(PRODUCT, changed), { name: "Cup", attributes: { colour: "blue", price: null } });
});

test("an attribute may be called like a method of every object", () => {
  const changed = { ...PRODUCT, attributes: { ...PRODUCT.attributes, constructor: "x" } };
  assert.deepEqual(patchOf(PRODUCT, changed), { attributes: { constructor: "x" } });
});

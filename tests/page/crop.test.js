import assert from "node:assert/strict";
import { test } from "node:test";

import { moved } from "../../service/web/static/js/crop.js";
import { WHOLE } from "../../service/web/static/js/query.js";

const CROP = { x: 0.2, y: 0.2, width: 0.5, height: 0.5 };

test("a moved crop keeps its size and stays inside the picture", () => {
  assert.deepEqual(moved(CROP, "move", 0.1, -0.1), { x: 0.2 + 0.1, y: 0.2 - 0.1, width: 0.5, height: 0.5 });
  assert.deepEqual(moved(CROP, "move", 9, -9), { x: 0.5, y: 0, width: 0.5, height: 0.5 });
});

test("an edge moves alone", () => {
  assert.deepEqual(moved(CROP, "e", 0.1, 0.4), { ...CROP, width: 0.6 });
  assert.deepEqual(moved(CROP, "n", 0.4, -0.1), { ...CROP, y: 0.1, height: 0.6 });
});

test("a crop never becomes smaller than a twentieth of the picture", () => {
  const { width, height } = moved(CROP, "se", -9, -9);
  assert.deepEqual([width, height], [0.05, 0.05]);
});

test("a crop of everything is the whole picture", () => {
  assert.equal(moved({ x: 0, y: 0, width: 0.9, height: 1 }, "e", 0.5, 0), WHOLE);
});

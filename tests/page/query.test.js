import assert from "node:assert/strict";
import { test } from "node:test";

import { Query, WHOLE } from "../../service/web/static/js/query.js";

const SIGNALS = [
  { name: "a", weight: 0.7, text_encoder: "reader" },
  { name: "b", weight: 0.3, text_encoder: null },
];

const made = (fields) => Object.assign(new Query(), { signals: SIGNALS, ...fields });
const picture = { file: {}, crop: WHOLE, weight: 1 };

test("words have the signals whose encoder reads texts", () => {
  assert.deepEqual(made({ text: { value: "red", weight: 1 } }).usableSignals, ["a"]);
});

test("pictures and products have all signals, also beside words", () => {
  const text = { value: "red", weight: 1 };
  assert.deepEqual(made({ picture, text }).usableSignals, ["a", "b"]);
  assert.deepEqual(made({ products: [{ productId: "p", weight: 1 }] }).usableSignals, ["a", "b"]);
});

test("the default weights are the service's", () => {
  assert.deepEqual(made({}).defaultWeights, { a: 0.7, b: 0.3 });
});

test("the whole picture is sent without a crop", () => {
  assert.deepEqual(made({ picture }).parts, [{ image: "photo", weight: 1 }]);
});

test("every part is sent with its weight", () => {
  const crop = { x: 0.1, y: 0, width: 0.5, height: 1 };
  const query = made({
    picture: { ...picture, crop, weight: 0.5 },
    text: { value: "red", weight: -0.5 },
    products: [{ productId: "p", weight: 1 }],
  });
  assert.deepEqual(query.parts, [
    { image: "photo", weight: 0.5, crop },
    { text: "red", weight: -0.5 },
    { product_id: "p", weight: 1 },
  ]);
});

test("a change is told once it is made", () => {
  const query = made({});
  let seen = null;
  query.addEventListener("change", () => { seen = query.filter; });
  query.change({ filter: { colour: "red" } });
  assert.deepEqual(seen, { colour: "red" });
});

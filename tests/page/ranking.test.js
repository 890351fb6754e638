import assert from "node:assert/strict";
import { test } from "node:test";

import { rerank } from "../../service/web/static/js/ranking.js";

const hit = (id, ...similarities) => ({
  product: { product_id: id },
  scores: Object.fromEntries(similarities.map((similarity, place) => [`s${place}`, { similarity, weight: 0, contribution: 0 }])),
});

test("the score is the sum of weight times similarity over all signals", () => {
  const [best] = rerank([hit("a", 0.5, 0.25, 1)], { s0: 0.5, s1: 0.4, s2: 0.1 });
  assert.ok(Math.abs(best.score - 0.45) < 1e-12);
  assert.deepEqual(best.scores.s1, { similarity: 0.25, weight: 0.4, contribution: 0.1 });
});

test("other weights bring other ranks, counted from 1", () => {
  const hits = [hit("a", 1, 0), hit("b", 0, 1)];
  const order = (weights) => rerank(hits, weights).map(({ product, rank }) => [product.product_id, rank]);
  assert.deepEqual(order({ s0: 0.9, s1: 0.1 }), [["a", 1], ["b", 2]]);
  assert.deepEqual(order({ s0: 0.1, s1: 0.9 }), [["b", 1], ["a", 2]]);
});

test("equal scores go by product id, as in the service", () => {
  const ranked = rerank([hit("b", 0.5), hit("a", 0.5)], { s0: 1 });
  assert.deepEqual(ranked.map(({ product }) => product.product_id), ["a", "b"]);
});

test("a signal without a weight counts nothing", () => {
  assert.equal(rerank([hit("a", 0.5, 0.5)], { s0: 1 })[0].score, 0.5);
});

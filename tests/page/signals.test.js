import assert from "node:assert/strict";
import { test } from "node:test";

import { alone, aroundMixture, effective, listed, signalClass, titled } from "../../service/web/static/js/signals.js";

test("weights are scaled to sum 1", () => {
  assert.deepEqual(effective({ a: 1, b: 3 }, ["a", "b"]), { a: 0.25, b: 0.75 });
});

test("a signal that the query lacks has no effect, and the others share its weight", () => {
  assert.deepEqual(effective({ a: 0.6, b: 0.2, c: 0.2 }, ["b", "c"]), { a: 0, b: 0.5, c: 0.5 });
});

test("signals that have no weight at all share it equally", () => {
  assert.deepEqual(effective({ a: 1, b: 0, c: 0 }, ["b", "c"]), { a: 0, b: 0.5, c: 0.5 });
});

test("without usable signals nothing has effect", () => {
  assert.deepEqual(effective({ a: 1 }, []), { a: 0 });
});

test("one signal alone has all the weight", () => {
  assert.deepEqual(alone(["a", "b", "c"], "b"), { a: 0, b: 1, c: 0 });
});

test("the mixture stands in the middle of the comparison", () => {
  assert.deepEqual(aroundMixture(["a"]), ["a", null]);
  assert.deepEqual(aroundMixture(["a", "b"]), ["a", null, "b"]);
  assert.deepEqual(aroundMixture(["a", "b", "c"]), ["a", "b", null, "c"]);
});

test("a seventh signal has the colours of the first", () => {
  assert.equal(signalClass(0), "signal signal-1");
  assert.equal(signalClass(2), "signal signal-3");
  assert.equal(signalClass(6), signalClass(0));
});

test("names are shown as titles and in sentences", () => {
  assert.equal(titled("colour"), "Colour");
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b", "c"]), "a, b, and c");
});

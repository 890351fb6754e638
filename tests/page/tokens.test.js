import assert from "node:assert/strict";
import { test } from "node:test";

import { forgetTokens, keepToken, withToken } from "../../service/web/static/js/tokens.js";

const HALF = { x: 0, y: 0, width: 0.5, height: 1 };
const picture = { image: "photo", weight: 2 };

test("a picture that was searched alone is a token in every later query", () => {
  const file = {};
  assert.equal(withToken(file, [picture]), null);
  keepToken(file, [picture], "t");
  const text = { text: "red", weight: 1 };
  assert.deepEqual(withToken(file, [{ ...picture, weight: -0.5 }, text]), [{ token: "t", weight: -0.5 }, text]);
});

test("another crop and another file are other pictures", () => {
  const file = {};
  keepToken(file, [picture], "t");
  assert.equal(withToken(file, [{ ...picture, crop: HALF }]), null);
  assert.equal(withToken({}, [picture]), null);
});

test("the token of a mixture, or of what is unwanted, is not that of the picture", () => {
  const file = {};
  keepToken(file, [picture, { text: "red", weight: 1 }], "t");
  keepToken(file, [{ ...picture, weight: -1 }], "t");
  keepToken(file, [picture], undefined);
  assert.equal(withToken(file, [picture]), null);
});

test("tokens are forgotten where the encoders have changed", () => {
  const file = {};
  keepToken(file, [picture], "t");
  forgetTokens(file);
  assert.equal(withToken(file, [picture]), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeCode } from "../../../realtime/static/streamer/session/link.js";

function page(hash) {
  const replaced = [];
  const place = { hash, pathname: "/console/", search: "?tag=a" };
  return { place, past: { replaceState: (_, __, url) => replaced.push(url) }, replaced };
}

test("the code is taken out of the address, and nothing else is", () => {
  const { place, past, replaced } = page("#sign-in=abc-_123");
  assert.equal(takeCode(place, past), "abc-_123");
  assert.deepEqual(replaced, ["/console/?tag=a"]);
});

test("another fragment is left alone", () => {
  for (const hash of ["", "#requests", "#sign-in"]) {
    const { place, past, replaced } = page(hash);
    assert.equal(takeCode(place, past), null);
    assert.deepEqual(replaced, []);
  }
});

test("a link without a code is none", () => {
  const { place, past, replaced } = page("#sign-in=");
  assert.equal(takeCode(place, past), null);
  assert.equal(replaced.length, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf, pauseMs } from "../../dist/core/reconnect.js";

test("the goodbye counts before the close code", () => {
  const goodbye = { code: 4501, reason: "revoked", reconnect: false, after_ms: 90000 };
  const end = endOf(1006, goodbye, true);
  assert.deepEqual([end.code, end.stops], [4501, true]);
  assert.equal(end.reason, "The server ended the connection: revoked.");
});

test("only 4500 to 4999, or a goodbye that says so, stop a client", () => {
  for (const code of [1000, 1006, 4000, 4020, 4499]) assert.equal(endOf(code, null, true).stops, false);
  for (const code of [4500, 4999]) assert.equal(endOf(code, null, true).stops, true);
  assert.equal(endOf(4000, { code: 4000, reconnect: false }, true).stops, true);
});

test("pauses grow to 30 s, and each is anything from nothing to all of it", () => {
  assert.deepEqual(
    [0, 1, 2, 6, 50].map((failures) => pauseMs(failures, 1)),
    [500, 1000, 2000, 30000, 30000],
  );
  assert.equal(pauseMs(50, 0), 0);
});

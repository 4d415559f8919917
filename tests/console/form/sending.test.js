import assert from "node:assert/strict";
import { test } from "node:test";
import { Sending } from "../../../realtime/static/streamer/form/sending.js";
import "../fakes/browser.js";

test("the same is sent once until the server has taken it, and then again under another id", () => {
  const sending = new Sending();
  const [first] = sending.begin({ text: "a" });
  assert.equal(sending.begin({ text: "a" }), null);
  assert.equal(sending.isBusy, true);
  sending.end({ text: "a" });
  const [second] = sending.begin({ text: "a" });
  assert.notEqual(first, second);
});

test("what was changed meanwhile is another request, which an end of the first leaves alone", () => {
  const sending = new Sending();
  sending.begin({ text: "a" });
  assert.equal(sending.begin({ text: "b" }).length, 1);
  sending.end({ text: "a" });
  assert.equal(sending.begin({ text: "b" }), null);
});

test("several contents are remembered, whatever was sent in between", () => {
  const sending = new Sending();
  sending.begin({ text: "a" });
  sending.begin({ text: "b" });
  assert.equal(sending.begin({ text: "a" }), null);
  sending.end({ text: "b" });
  assert.deepEqual([sending.has({ text: "a" }), sending.has({ text: "b" })], [true, false]);
});

test("what was sent before a reload is not sent again until the server has taken it", async () => {
  const sending = new Sending();
  let take;
  const resumed = sending.resume({ text: "a" }, 1, new Promise((resolve) => (take = resolve)));
  assert.equal(sending.begin({ text: "a" }), null);
  take();
  await resumed;
  assert.equal(sending.begin({ text: "a" }).length, 1);
});

test("many at once have an id each, and count as something else than one", () => {
  const sending = new Sending();
  sending.begin({});
  const ids = sending.begin({}, 10);
  assert.equal(new Set(ids).size, 10);
  assert.equal(sending.begin({}, 10), null);
});

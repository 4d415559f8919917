import assert from "node:assert/strict";
import { test } from "node:test";
import { faultOf, sentenceOf, sentOf } from "../../../realtime/static/streamer/uploads/status.js";
import { forSeeds } from "../fakes/random.js";
import { FakeTime } from "../fakes/time.js";

test("the percentage is whole, and a hundred only when all is sent", () => {
  forSeeds(300, (random) => {
    const total = random.between(1, 10 ** random.between(1, 12));
    const sent = random.between(0, total);
    const { percent, share } = sentOf({ state: "sending", sent, total });
    assert.ok(Number.isInteger(percent) && percent >= 0);
    assert.equal(percent === 100, sent === total);
    assert.equal(share, percent);
  });
});

test("a file without size is not divided by", () => {
  assert.equal(sentOf({ state: "sending", sent: 0, total: 0 }).percent, 0);
});

test("the bar is full while the server reads", () => {
  assert.equal(sentOf({ state: "reading", sent: 99, total: 100 }).share, 100);
});

test("the time that is left is told once it can be guessed", (t) => {
  const time = new FakeTime(t);
  const upload = { state: "sending", sent: 1e6, total: 4e6, startedAt: performance.now() };
  time.ms += 1999;
  assert.equal(sentenceOf(upload), "25 % · 1 MB of 4 MB");
  time.ms += 8001;
  assert.equal(sentenceOf(upload), "25 % · 1 MB of 4 MB · 30 s left");
  assert.equal(sentenceOf({ ...upload, sent: 0 }), "0 % · 0 B of 4 MB");
});

test("how it ended", () => {
  const dataset = { name: "orders", rows: 100, notes: ["One column was renamed."] };
  assert.equal(sentenceOf({ state: "done", dataset }), "Stored as orders: 100 rows. One column was renamed.");
  assert.equal(sentenceOf({ state: "stopped" }), "Stopped. Nothing of it was stored.");
});

test("a fault is told with all that the server found", () => {
  const faults = [
    { path: "name", message: "is taken" },
    { path: "header", message: "is missing" },
  ];
  assert.equal(faultOf({ message: "name is taken", details: { faults } }), "name is taken header: is missing");
  assert.equal(faultOf({ message: "" }), "The upload failed.");
});

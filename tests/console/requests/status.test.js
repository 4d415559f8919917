import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { blank } from "../../../realtime/static/streamer/requests/record.js";
import { barOf, sentenceOf, standingOf, timing } from "../../../realtime/static/streamer/requests/status.js";
import { forSeeds } from "../fakes/random.js";
import { FakeTime } from "../fakes/time.js";

const CASES = JSON.parse(readFileSync(new URL("../../words.json", import.meta.url), "utf8"));
const record = (known) => blank({ requestId: "r1", ...known });

test("there is a bar while it runs or is about to run again, and never for an inline request", () => {
  const shown = ["sending", "pending", "processing", "retrying", "completed", "failed", "cancelled"].filter(
    (status) => !barOf(record({ status }), false).hidden,
  );
  assert.deepEqual(shown, ["processing", "retrying"]);
  assert.equal(barOf(record({ status: "processing", inline: true }), false).hidden, true);
});

test("the figure is the percentage, rounded, and screen readers hear when it may be old", () => {
  forSeeds(200, (random) => {
    const percentage = random.next() * 100;
    const bar = barOf(record({ status: "processing", percentage }), false);
    assert.equal(bar.percentage, percentage);
    assert.ok(Math.abs(bar.rounded - percentage) <= 0.5 && Number.isInteger(bar.rounded));
    assert.equal(bar.text, `${bar.rounded} percent`);
  });
  assert.equal(barOf(record({ status: "processing", percentage: 41.7 }), true).text, "42 percent, not up to date");
});

test("what is sent waits for the server, or for a connection", () => {
  const sending = record({ status: "sending" });
  assert.equal(sentenceOf(sending, true), "On its way to the server.");
  assert.equal(sentenceOf(sending, false), "It is sent as soon as there is a connection.");
});

test("the place in the queue, when it starts and how long it takes", (t) => {
  const time = new FakeTime(t);
  const waiting = (known) => sentenceOf(record({ status: "pending", ...known }), true);
  assert.equal(waiting({}), "In the queue.");
  assert.equal(waiting({ estimatedSeconds: 7 }), "In the queue; takes about 7 s.");
  assert.equal(waiting({ ahead: 0 }), "Next.");
  const startsAt = time.ms + 3_720_000;
  assert.equal(
    waiting({ ahead: 1234, startsAt, estimatedSeconds: 7 }).replace(/1\D234/, "1234"),
    "1234 ahead, starts in about 1 h 2 min, takes about 7 s.",
  );
  assert.equal(waiting({ ahead: 1, startsAt: time.ms + 900 }), "1 ahead.");
  assert.equal(waiting({ ahead: 3, waitReason: "paused" }), "Paused by an operator.");
  assert.equal(waiting({ ahead: 3, waitReason: "ahead" }), "3 ahead.");
  const held = { ahead: 0, waitReason: "your_limit" };
  assert.equal(waiting(held), "Waits until another of your requests has ended.");
  assert.match(waiting({ ...held, startsAt: time.ms + 36_000 }), /has ended\. It starts in about 36 s\.$/);
  const limited = { ahead: 0, waitReason: "key_limit", limitKey: "crm-api" };
  assert.equal(waiting(limited), "Waits for its turn at crm-api.");
  assert.match(waiting({ ...limited, startsAt: time.ms + 36_000 }), /at crm-api\. It starts in about 36 s\.$/);
  assert.match(waiting({ ahead: 0, waitReason: "tenant_share" }), /one worker is left to others\.$/);
  assert.equal(waiting({ ahead: 3, cancelling: true }), "Cancelling…");
});

test("a wait has the words that operators read too", (t) => {
  const time = new FakeTime(t);
  for (const [wait, text] of CASES.waits) {
    const startsAt = wait.estimated_start_seconds === undefined ? null : time.ms + wait.estimated_start_seconds * 1000;
    const { reason: waitReason = null, limit_key: limitKey = null, ahead, estimated_seconds: estimatedSeconds } = wait;
    const waiting = record({ status: "pending", waitReason, limitKey, ahead, estimatedSeconds, startsAt });
    assert.equal(sentenceOf(waiting, true), text);
  }
});

test("a retry counts down to its moment, and then is due", (t) => {
  const time = new FakeTime(t);
  const retrying = (retryAt) => sentenceOf(record({ status: "retrying", retryAt, error: { message: "Away." } }), true);
  assert.equal(retrying(time.ms + 30_000), "Tries again in 30 s. Away.");
  assert.equal(retrying(time.ms - 1), "Tries again shortly. Away.");
  assert.equal(retrying(null), "Tries again shortly. Away.");
});

test("of what runs or waits it is said how old it is, while nobody can tell whether it is still true", () => {
  const away = { isLive: false, ageMs: 12_400 };
  const said = (status, known) => standingOf(record({ status, ...known }), away);
  assert.equal(said("processing", { message: "Reading" }), "Reading · as of 12 s ago");
  assert.equal(said("pending", { ahead: 1 }), "1 ahead · as of 12 s ago");
  assert.equal(said("completed", {}), "Done.");
  assert.equal(said("sending", {}), "It is sent as soon as there is a connection.");
  assert.equal(standingOf(record({ status: "processing", message: "Reading" }), { isLive: true, ageMs: 1 }), "Reading");
});

test("how it ended", () => {
  const ended = (status, known) => sentenceOf(record({ status, ...known }), true);
  assert.equal(ended("failed", { error: { message: "Too long." } }), "Too long.");
  assert.equal(ended("failed", {}), "It failed.");
  assert.equal(ended("cancelled", { mode: "before_start" }), "Cancelled before it started.");
  const receipt = { total_items: 10, succeeded: 4, failed: 1, skipped: 5 };
  assert.equal(
    ended("cancelled", { mode: "cooperative", receipt }),
    "Cancelled while it was running. 4 of 10 items done, 1 failed, 5 skipped.",
  );
  assert.equal(
    ended("cancelled", { mode: "before_start", receipt }),
    "Cancelled between two attempts. 4 of 10 items done, 1 failed, 5 skipped.",
  );
  assert.equal(
    ended("failed", { error: { message: "The worker was lost." }, receipt }),
    "The worker was lost. 4 of 10 items done, 1 failed, 5 skipped.",
  );
  assert.equal(ended("completed", { result: { ...receipt, failed: 0, skipped: 0 } }), "4 of 10 items done.");
  assert.equal(ended("completed", { result: null }), "Done.");
  assert.equal(ended("completed", { result: {}, inline: true }), "Answered at once.");
});

test("a result is told by its first plain values, without what describes its file", () => {
  const result = { url: "/f", filename: "a.pdf", rows: 5, tables: [1], summary: { total: 12 } };
  assert.equal(sentenceOf(record({ status: "completed", result }), true), "rows 5 · total 12");
  assert.equal(sentenceOf(record({ status: "completed", result: { url: "x" } }), true), "url x");
  assert.equal(sentenceOf(record({ status: "completed", result: 7 }), true), "result 7");
});

test("time that has passed since it was sent, or since it started, and how long it took", (t) => {
  const time = new FakeTime(t);
  const at = (seconds) => time.ms - seconds * 1000;
  assert.equal(timing(record({ status: "pending", createdAt: at(0.2) })), "just sent");
  assert.equal(timing(record({ status: "pending", createdAt: at(75) })), "waiting 1 min 15 s");
  assert.equal(timing(record({ status: "processing", createdAt: at(75), startedAt: at(12) })), "12 s");
  const done = { status: "completed", createdAt: at(100), startedAt: at(90), finishedAt: at(60) };
  assert.match(timing(record(done)), /^took 30 s · /);
  assert.doesNotMatch(timing(record({ ...done, startedAt: null })), /took/);
  assert.match(timing(record({ ...done, startedAt: null, inline: true })), /^took 40 s · /);
});

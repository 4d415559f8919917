import assert from "node:assert/strict";
import { test } from "node:test";
import { now } from "../../../realtime/static/streamer/ground/clock.js";
import { kindOf, nameOf } from "../../../realtime/static/streamer/requests/record.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import { heard } from "../fakes/browser.js";
import { settled } from "../fakes/time.js";

const ID = "r1";

/** A store with one request that is followed. */
function following() {
  const store = new RequestStore();
  store.add("c1", { action: "echo", payload: { text: "hello" } });
  const record = store.acknowledge({ id: "c1", request_id: ID, position: 2, estimated_seconds: 7 });
  record.following = true;
  return { store, record };
}

const event = (type, seq, more = {}) => ({ type, request_id: ID, seq, timestamp: 1000 + seq, ...more });

test("a message counts once, and one of a request that nobody knows not at all", () => {
  const { store, record } = following();
  const changes = heard(store, "change");
  store.apply(event("started", 1, { attempt: 1 }));
  store.apply(event("progress", 2, { percentage: 60 }));
  store.apply(event("started", 1, { attempt: 1 }));
  store.apply({ ...event("progress", 3), request_id: "other" });
  assert.deepEqual([record.seq, record.percentage, changes.length], [2, 60, 2]);
});

test("it is told when the server has taken what was sent, or refused it, or knew it already", async () => {
  const store = new RequestStore();
  const [taken, refused, known] = ["c1", "c2", "c3"].map((id) => store.add(id, { action: "echo", payload: {} }));
  store.absorb({ request_id: "known", status: "processing" });
  const told = [];
  const tell = (name) => () => told.push(name);
  store.taken(taken).then(tell("taken"));
  store.taken(refused).then(tell("refused"));
  store.taken(known).then(tell("known"));
  await settled();
  assert.deepEqual(told, []);
  store.acknowledge({ id: "c1", request_id: "r9" });
  store.refuse("c2", { code: "RATE_LIMITED" });
  store.acknowledge({ id: "c3", request_id: "known" });
  await settled();
  assert.deepEqual(told, ["taken", "refused", "known"]);
  await store.taken(taken);
});

test("from the first attempt over a retry to the result", () => {
  const { store, record } = following();
  store.apply(event("started", 1, { attempt: 1 }));
  store.apply(event("progress", 2, { percentage: 40, message: "Reading" }));
  assert.deepEqual([record.status, record.percentage, record.message], ["processing", 40, "Reading"]);
  store.apply(event("retrying", 3, { error: { message: "Away." }, retry_at: 2000 }));
  assert.deepEqual([record.status, record.retryAt], ["retrying", 2_000_000]);
  store.apply(event("started", 4, { attempt: 2 }));
  assert.deepEqual([record.percentage, record.attempt, record.error], [0, 2, null]);
  assert.equal(record.startedAt, 1_001_000, "it began with the first attempt");
  store.apply(event("complete", 5, { result: { rows: 3 }, final: true }));
  assert.deepEqual([record.status, record.percentage, record.result], ["completed", 100, { rows: 3 }]);
  assert.equal(record.finishedAt, 1_005_000);
});

test("a progress without a text keeps the one before", () => {
  const { store, record } = following();
  store.apply(event("progress", 1, { percentage: 10, message: "Reading" }));
  store.apply(event("progress", 2, { percentage: 20, message: "" }));
  assert.equal(record.message, "Reading");
});

test("a message of a type that nobody knows takes its number all the same", () => {
  const { store, record } = following();
  store.apply(event("invented", 1));
  assert.deepEqual([record.seq, record.status], [1, "pending"]);
});

test("an end is told once, by the message that is final", () => {
  const { store } = following();
  const finals = heard(store, "final");
  const last = event("error", 1, { error: { code: "TIMEOUT", message: "Too long." }, final: true });
  store.apply(last);
  store.apply(last);
  assert.deepEqual(
    finals.map((record) => [record.status, record.error.code]),
    [["failed", "TIMEOUT"]],
  );
});

test("a state in a list changes nothing of what its events tell", () => {
  const { store, record } = following();
  store.apply(event("progress", 1, { percentage: 50 }));
  store.absorb({ request_id: ID, status: "processing", seq: 0, percentage: 10 });
  assert.deepEqual([record.seq, record.percentage], [1, 50]);
});

test("a state that leaves out a large result does not take away the one that is had", () => {
  const store = new RequestStore();
  const record = store.absorb({ request_id: ID, status: "completed", seq: 2, result: { rows: 3 } });
  store.absorb({ request_id: ID, status: "completed", seq: 2, omitted: ["result"] });
  assert.deepEqual(record.result, { rows: 3 });
});

test("an old state does not bring back to life what has ended", () => {
  const { store, record } = following();
  store.apply(event("complete", 1, { final: true }));
  record.following = false;
  store.absorb({ request_id: ID, status: "processing", seq: 0, percentage: 10 });
  assert.equal(record.status, "completed");
});

test("a snapshot takes the place of events that are no longer in the log", () => {
  const { store, record } = following();
  store.apply(event("started", 1, { attempt: 1 }));
  const state = { request_id: ID, status: "processing", seq: 90, percentage: 80, attempt: 1 };
  store.absorb(state, { movesCursor: true });
  assert.deepEqual([record.seq, record.percentage], [90, 80]);
  store.apply(event("progress", 91, { percentage: 81 }));
});

test("the feed may be quicker than the acknowledgment", () => {
  const store = new RequestStore();
  store.add("c1", { action: "echo", payload: {} });
  store.absorb({ request_id: ID, id: "c1", status: "pending", seq: 0 });
  const record = store.acknowledge({ id: "c1", request_id: ID, position: 1 });
  assert.equal(store.all().length, 1);
  assert.deepEqual([record.requestId, record.following], [ID, true]);
  store.apply(event("started", 1, { attempt: 1 }));
});

test("a request that this page knew already takes the place of the one that was sent", () => {
  const store = new RequestStore();
  const known = store.absorb({ request_id: ID, status: "processing", seq: 5, percentage: 30 });
  const removed = heard(store, "remove");
  const sent = store.add("c1", { action: "echo", payload: { text: "hello" } });
  assert.equal(store.acknowledge({ id: "c1", request_id: ID }), known);
  assert.deepEqual(removed, [sent]);
  assert.deepEqual([known.status, known.payload, store.all().length], ["processing", { text: "hello" }, 1]);
});

test("a place in the queue is kept until the request starts", () => {
  const { store, record } = following();
  assert.deepEqual([record.position, record.estimatedSeconds], [2, 7]);
  store.wait({ request_id: ID, position: 1, ahead: 0, reason: "paused" });
  assert.deepEqual([record.ahead, record.waitReason, record.estimatedSeconds], [0, "paused", null]);
  const before = now();
  store.wait({ request_id: ID, position: 1, ahead: 0, estimated_start_seconds: 60 });
  assert.ok(record.startsAt >= before + 60_000 && record.startsAt <= now() + 60_000);
  store.apply(event("started", 1, { attempt: 1 }));
  store.wait({ request_id: ID, position: 9, ahead: 8 });
  assert.deepEqual([record.status, record.position], ["processing", null]);
});

test("an inline answer ends its request, well or badly", () => {
  const store = new RequestStore();
  const good = store.add("c1", { action: "echo", payload: {} });
  const bad = store.add("c2", { action: "echo", payload: {} });
  store.respond({ type: "response", id: "c1", success: true, data: { rows: 1 }, metadata: { computed_at: 5 } });
  store.respond({ type: "response", id: "c2", success: false, data: { error: { message: "No." } } });
  assert.deepEqual([good.status, good.result, good.computedAt], ["completed", { rows: 1 }, 5000]);
  assert.deepEqual([bad.status, bad.error.message], ["failed", "No."]);
});

test("of very many events the last are kept", () => {
  const { store, record } = following();
  for (let seq = 1; seq <= 600; seq += 1) store.apply(event("progress", seq, { percentage: 1 }));
  assert.deepEqual([record.events.size, record.events.has(100), record.events.has(101)], [500, false, true]);
  assert.equal(record.seq, 600);
});

test("events that HTTP gave fill the timeline and move nothing", () => {
  const { store, record } = following();
  store.fillEvents(record, [event("started", 1), event("progress", 2, { percentage: 90 })]);
  assert.deepEqual([record.events.size, record.seq, record.percentage], [2, 0, 0]);
});

test("a file that is kept for longer is so in every request that came to it", () => {
  const store = new RequestStore();
  const file = { artifact_id: "f1", url: "/f1", filename: "a.pdf", expires_at: "2026-01-01" };
  const listed = store.absorb({ request_id: "a", status: "completed", artifacts: [file] });
  const inResult = store.absorb({ request_id: "b", status: "completed", result: { output: file } });
  const other = store.absorb({ request_id: "c", status: "completed", artifacts: [{ ...file, artifact_id: "f2" }] });
  const kept = { ...file, expires_at: "2026-02-01" };
  store.keepFile(kept);
  assert.deepEqual([listed.artifacts, inResult.artifacts], [[kept], [kept]]);
  assert.equal(other.artifacts[0].expires_at, "2026-01-01");
});

test("one that ended early has what was done, and the files that tell of it", () => {
  const store = new RequestStore();
  const receipt = { total_items: 3, succeeded: 1 };
  const artifacts = [{ artifact_id: "f", filename: "outcomes.jsonl", url: "/f" }];
  for (const type of ["error", "cancelled"]) {
    store.absorb({ request_id: type, status: "processing", seq: 1 });
    store.apply({ type, request_id: type, seq: 2, timestamp: 5, error: {}, receipt, artifacts, final: true });
    const record = store.get(type);
    assert.deepEqual([record.receipt, record.artifacts], [receipt, artifacts]);
  }
});

test("a state shows how a request ended, and where its result is from", () => {
  const store = new RequestStore();
  const receipt = { total_items: 3, succeeded: 1 };
  const cancelled = store.absorb({ request_id: "a", status: "cancelled", percentage: 40, receipt });
  assert.deepEqual([cancelled.receipt, cancelled.percentage], [receipt, 40]);
  const known = store.absorb({ request_id: "b", status: "completed", cached_from: "a", computed_at: 5 });
  assert.deepEqual([known.cachedFrom, known.computedAt, known.percentage], ["a", 5000, 100]);
});

test("a request is called by its title, or by its action where it has none", () => {
  const store = new RequestStore();
  const catalog = { titleOf: (action) => `The ${action}` };
  const record = store.add("c1", { action: "report" });
  assert.equal(nameOf(record, catalog), "The report");
  store.acknowledge({ id: "c1", request_id: "r1", title: "Report · 2025" });
  assert.equal(nameOf(record, catalog), "Report · 2025");
  const old = store.absorb({ request_id: "r2", action: "report", title: "", status: "completed", seq: 3 });
  assert.equal(nameOf(old, catalog), "The report");
});

test("a completed request knows how many items failed, from its end, its state or its answer", () => {
  const store = new RequestStore();
  store.add("c1", { action: "bulk" });
  store.acknowledge({ id: "c1", request_id: "r1" });
  store.apply({ type: "complete", request_id: "r1", seq: 1, result: {}, failed_items: 10, final: true });
  const told = store.absorb({ request_id: "r2", status: "completed", seq: 3, failed_items: 2 });
  const answered = store.add("c3", { action: "bulk" });
  store.respond({ id: "c3", success: true, data: {}, metadata: { failed_items: 1 } });
  const records = [store.get("r1"), told, answered];
  assert.deepEqual(
    records.map((record) => [record.failedItems, kindOf(record)]),
    [10, 2, 1].map((number) => [number, "with_failures"]),
  );
  assert.equal(kindOf(store.absorb({ request_id: "r4", status: "completed", seq: 3 })), "completed");
});

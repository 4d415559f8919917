import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../realtime/static/streamer/connection/client.js";
import { learn, now } from "../../../realtime/static/streamer/ground/clock.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import { heard } from "../fakes/browser.js";
import { FakeConnection } from "../fakes/connection.js";
import { forSeeds } from "../fakes/random.js";
import { FakeTime, settled } from "../fakes/time.js";

const ID = "5f0c2b1e";

function connected({ canRefresh = false, refresh = async () => "t2" } = {}) {
  const connection = new FakeConnection();
  const store = new RequestStore();
  const client = new Client(connection, store, { canRefresh, refresh });
  connection.enter("open");
  return { connection, store, client };
}

/** A request that the server has acknowledged. */
function submitted(parts, requestId = ID) {
  const record = parts.client.submit("generate_report", { format: "pdf" });
  const { id } = parts.connection.sentOf("request").at(-1);
  parts.connection.say({ type: "acknowledgment", id, request_id: requestId, status: "queued", duplicate: false });
  return record;
}

const started = { type: "started", request_id: ID, seq: 1, attempt: 1 };
const progress = (seq) => ({ type: "progress", request_id: ID, seq, percentage: seq, attempt: 1 });

/** The subscriptions that were asked for, as `[request_id, after_seq]`. */
function followed(connection) {
  const asked = connection.sentOf("subscribe").flatMap((message) => message.requests);
  return asked.map((request) => [request.request_id, request.after_seq]);
}

test("a request is sent with an id of its own, and has the server's from its acknowledgment on", () => {
  const parts = connected();
  const record = submitted(parts);
  const [sent] = parts.connection.sentOf("request");
  assert.deepEqual([sent.action, sent.payload], ["generate_report", { format: "pdf" }]);
  assert.deepEqual([record.requestId, record.status, record.clientId], [ID, "pending", sent.id]);
});

test("who sends a request follows it without asking", () => {
  const parts = connected();
  const record = submitted(parts);
  parts.connection.say(started);
  parts.connection.say(progress(2));
  assert.deepEqual([record.seq, record.percentage], [2, 2]);
  assert.deepEqual(followed(parts.connection), []);
});

test("a gap is asked for once, from the last number that came before it", () => {
  const parts = connected();
  const record = submitted(parts);
  parts.connection.say(started);
  parts.connection.say(progress(4));
  parts.connection.say(progress(5));
  assert.deepEqual(followed(parts.connection), [[ID, 1]]);
  assert.equal(record.percentage, 0);
  parts.connection.say({ type: "subscribed", requests: [{ request_id: ID }] });
  for (const seq of [2, 3, 4, 5]) parts.connection.say(progress(seq));
  assert.equal(record.seq, 5);
  parts.connection.say(progress(8));
  assert.deepEqual(followed(parts.connection).at(-1), [ID, 5]);
});

test("whatever is lost, doubled or out of order, each event counts once, in order, up to the last", () => {
  forSeeds(200, (random) => {
    const parts = connected();
    const record = submitted(parts);
    const counted = [];
    parts.store.addEventListener("change", () => record.seq !== counted.at(-1) && counted.push(record.seq));
    const finals = heard(parts.store, "final");
    const length = random.between(3, 40);
    const last = { type: "complete", request_id: ID, seq: length, success: true, result: {}, final: true };
    const log = [started, ...Array.from({ length: length - 2 }, (_, index) => progress(index + 2)), last];
    let written = 0;
    parts.connection.answer = ({ type, requests }) => {
      if (type !== "subscribe") return;
      parts.connection.say({ type: "subscribed", requests: [{ request_id: ID }] });
      for (const event of log.slice(requests[0].after_seq, written)) parts.connection.say(event);
    };
    const late = [];
    for (const event of log) {
      written += 1;
      if (random.once(4)) late.push(event);
      else if (!random.once(4)) parts.connection.say(event);
      if (random.once(5)) parts.connection.say(random.pick(log.slice(0, written)));
      if (random.once(3) && late.length) parts.connection.say(late.shift());
    }
    parts.connection.say(last);
    assert.deepEqual(
      counted,
      [0, ...log.map((event) => event.seq)].slice(counted[0]),
      "every number once, none left out",
    );
    assert.deepEqual([record.status, record.percentage, finals.length], ["completed", 100, 1]);
    assert.equal(record.events.size, length);
  });
});

test("on a new connection, what is live is followed again from where it stood", () => {
  const parts = connected();
  const record = submitted(parts);
  const done = submitted(parts, "done");
  parts.connection.say(started);
  parts.connection.say(progress(2));
  parts.connection.say({ type: "complete", request_id: "done", seq: 1, success: true, final: true });
  parts.connection.enter("waiting");
  parts.connection.enter("open");
  assert.deepEqual(followed(parts.connection), [[ID, 2]]);
  assert.equal(done.status, "completed");
  parts.connection.say(progress(3));
  assert.equal(record.percentage, 3);
});

test("a request that was never answered is sent again under the same id, and one that was is not", () => {
  const parts = connected();
  submitted(parts);
  parts.client.submit("echo", { text: "lost" });
  parts.connection.enter("waiting");
  parts.client.submit("echo", { text: "written meanwhile" });
  parts.connection.enter("open");
  const [, lost, again, meanwhile, ...more] = parts.connection.sentOf("request");
  assert.deepEqual(again, lost);
  assert.equal(meanwhile.payload.text, "written meanwhile");
  assert.deepEqual(more, []);
});

test("what is attached to a request that runs already asks for its first events", async (t) => {
  const time = new FakeTime(t);
  const parts = connected();
  parts.client.submit("echo", {});
  const [{ id }] = parts.connection.sentOf("request");
  parts.connection.say({ type: "acknowledgment", id, request_id: ID, duplicate: true });
  await time.pass(50);
  assert.deepEqual(followed(parts.connection), [[ID, 0]]);
});

test("live requests of a list are followed with one message, ended ones are not", async (t) => {
  const time = new FakeTime(t);
  const parts = connected();
  const state = (requestId, status, seq) => ({ request_id: requestId, action: "echo", status, seq, created_at: seq });
  const requests = [state("a", "processing", 7), state("b", "completed", 4), state("c", "pending", 0)];
  parts.connection.answer = ({ type, id }) =>
    type === "list" && parts.connection.say({ type: "requests", id, requests, next_cursor: "older" });
  const { records, nextCursor } = await parts.client.list("", null, 25);
  assert.deepEqual(
    records.map((record) => record.requestId),
    ["a", "b", "c"],
  );
  assert.equal(nextCursor, "older");
  await time.pass(50);
  assert.equal(parts.connection.sentOf("subscribe").length, 1);
  assert.deepEqual(followed(parts.connection), [
    ["a", 7],
    ["c", 0],
  ]);
});

test("no more than 128 are followed, but for what somebody opens", async (t) => {
  const time = new FakeTime(t);
  const parts = connected();
  const all = Array.from({ length: 150 }, (_, index) =>
    parts.store.absorb({ request_id: `r${index}`, status: "processing", seq: 1 }),
  );
  all.forEach((record) => parts.client.follow(record));
  await time.pass(50);
  assert.equal(followed(parts.connection).length, 128);
  parts.client.follow(all[149], { opened: true });
  assert.deepEqual(followed(parts.connection).at(-1), ["r149", 1]);
});

test("a request that is gone leaves the page when it is followed", () => {
  const parts = connected();
  submitted(parts);
  parts.connection.say({ type: "subscribed", requests: [{ request_id: ID, error: { code: "NOT_FOUND" } }] });
  assert.equal(parts.store.get(ID), undefined);
});

test("a refusal names the request it belongs to", () => {
  const parts = connected();
  const refusals = heard(parts.client, "refused");
  const record = parts.client.submit("echo", {});
  const error = { code: "RATE_LIMITED", message: "Too many." };
  parts.connection.say({ type: "error", id: parts.connection.sentOf("request")[0].id, error });
  assert.deepEqual([record.status, record.error, record.refused], ["failed", error, true]);
  assert.deepEqual(refusals, [{ record, error }]);
});

test("what is larger than the server takes is refused here, and never sent", () => {
  const parts = connected();
  parts.connection.limits = { frame_bytes: 200 };
  const record = parts.client.submit("echo", { text: "ø".repeat(100) });
  assert.equal(record.error.code, "PAYLOAD_TOO_LARGE");
  assert.deepEqual(parts.connection.sent, []);
});

test("a wish to cancel outlives the connection, and ends with the request", () => {
  const parts = connected();
  const record = submitted(parts);
  parts.client.cancel(record);
  parts.connection.enter("waiting");
  parts.connection.enter("open");
  assert.equal(parts.connection.sentOf("cancel").length, 2);
  parts.connection.say({ type: "cancelled", request_id: ID, seq: 1, mode: "cooperative", final: true });
  assert.deepEqual([record.status, record.cancelling], ["cancelled", false]);
});

test("a cancel that came too late is no news", () => {
  const parts = connected();
  const notices = heard(parts.client, "notice");
  const record = submitted(parts);
  parts.client.cancel(record);
  const error = { code: "VALIDATION_ERROR", message: "It has ended.", details: { status: "completed" } };
  parts.connection.say({ type: "error", id: `cancel.${ID}`, error });
  assert.deepEqual([record.cancelling, notices], [false, []]);
});

test("an answer that was waited for does not come over a lost connection", async () => {
  const parts = connected();
  const asked = parts.client.list("", null, 25);
  parts.connection.enter("waiting");
  await assert.rejects(asked, /connection was lost/);
  await assert.rejects(parts.client.extend("a1", 7), /connection was lost/);
});

test("a token is renewed on the open connection when it can be, and the person told when it cannot", async () => {
  const parts = connected({ canRefresh: true });
  parts.connection.say({ type: "token_expiring", expires_in: 60 });
  await settled();
  assert.deepEqual(parts.connection.sentOf("authenticate"), [{ type: "authenticate", token: "t2" }]);
  const pasted = connected();
  const notices = heard(pasted.client, "notice");
  pasted.connection.say({ type: "token_expiring", expires_in: 59.6 });
  assert.match(notices[0], /expires in 60 seconds/);
});

test("the clock is learnt from what was said just now, and not from old events", (t) => {
  const time = new FakeTime(t);
  t.after(() => learn(Date.now() / 1000));
  const parts = connected();
  parts.connection.say({ type: "welcome", timestamp: time.ms / 1000 + 100 });
  parts.connection.say({ ...started, timestamp: 1 });
  assert.equal(now(), time.ms + 100_000);
});

test("signing out forgets all that was to be sent", () => {
  const parts = connected();
  parts.client.submit("echo", { text: "of somebody else" });
  parts.client.reset();
  parts.connection.sent = [];
  parts.connection.enter("open");
  assert.deepEqual([parts.connection.sent, parts.store.all()], [[], []]);
});

test("what is done again is a request of its own, with the payload of the first, and comes from no form", () => {
  const parts = connected();
  const record = submitted(parts);
  parts.connection.say({ type: "complete", request_id: ID, seq: 1, success: true, final: true });
  const fresh = parts.client.regenerate(record);
  const [sent] = parts.connection.sentOf("regenerate");
  assert.deepEqual([sent.request_id, sent.id], [ID, fresh.clientId]);
  assert.deepEqual([fresh.again, fresh.action, fresh.payload], [true, "generate_report", { format: "pdf" }]);
  assert.equal(record.again, false);
});

test("a snapshot moves the cursor only where the log no longer reaches back", () => {
  const parts = connected();
  const record = submitted(parts);
  parts.connection.say(started);
  const snapshot = { type: "snapshot", request_id: ID, seq: 50, status: "processing", percentage: 80 };
  parts.connection.say(snapshot);
  assert.equal(record.seq, 1);
  parts.connection.say({ ...snapshot, reason: "trimmed" });
  assert.deepEqual([record.seq, record.percentage], [50, 80]);
});

test("a request that could not be followed is followed when it is opened", () => {
  const parts = connected();
  const record = submitted(parts);
  const error = { code: "RATE_LIMITED", message: "Too many." };
  parts.connection.say({ type: "subscribed", requests: [{ request_id: ID, error }] });
  parts.client.follow(record, { opened: true });
  assert.deepEqual(followed(parts.connection), [[ID, 0]]);
});

test("a cancel that is refused for another reason is told to the person", () => {
  const parts = connected();
  const notices = heard(parts.client, "notice");
  const record = submitted(parts);
  parts.client.cancel(record);
  parts.connection.say({ type: "error", id: `cancel.${ID}`, error: { code: "FORBIDDEN", message: "Not yours." } });
  assert.deepEqual([record.cancelling, notices], [false, ["Not yours."]]);
});

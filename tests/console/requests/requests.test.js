import assert from "node:assert/strict";
import { test } from "node:test";
import { Requests } from "../../../realtime/static/streamer/requests/requests.js";
import { heard } from "../fakes/browser.js";
import { Connected } from "../fakes/connected.js";
import { forSeeds } from "../fakes/random.js";
import { FakeWebSocket } from "../fakes/web_socket.js";

const ID = "5f0c2b1e";

async function connected(t, welcome) {
  const page = new Connected(t);
  page.requests = new Requests(page.client, page.store);
  await page.open(welcome);
  return page;
}

/** A request that the server has acknowledged. */
async function submitted(page, requestId = ID) {
  const [record] = page.requests.submit("generate_report", { format: "pdf" });
  const { id } = page.sentOf("request").at(-1);
  await page.say({ type: "acknowledgment", id, request_id: requestId, status: "queued", duplicate: false });
  return record;
}

const started = { type: "started", request_id: ID, seq: 1, attempt: 1 };
const progress = (seq) => ({ type: "progress", request_id: ID, seq, percentage: seq, attempt: 1 });
const complete = (seq, requestId = ID) => ({
  type: "complete",
  request_id: requestId,
  seq,
  success: true,
  result: {},
  final: true,
});

/** The subscriptions that were asked for, as `[request_id, after_seq]`. */
function followed(page) {
  const asked = page.sentOf("subscribe").flatMap((message) => message.requests);
  return asked.map((request) => [request.request_id, request.after_seq]);
}

test("a request is sent with an id of its own, and has the server's from its acknowledgment on", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  const [sent] = page.sentOf("request");
  assert.deepEqual([sent.action, sent.payload, "tags" in sent], ["generate_report", { format: "pdf" }, false]);
  assert.deepEqual([record.requestId, record.status, record.clientId], [ID, "pending", sent.id]);
});

test("who sends a request follows it to its end without asking", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(started, progress(2), { type: "waiting", request_id: ID, ahead: 1, position: 2 }, complete(3));
  assert.deepEqual([record.seq, record.percentage, record.status], [3, 100, "completed"]);
  assert.deepEqual(followed(page), []);
});

test("several requests go in one message, each with its id and its own answer", async (t) => {
  const page = await connected(t);
  const refusals = heard(page.requests, "refused");
  const records = page.requests.submit("echo", { text: "x" }, { ids: ["a", "b", "c"], tags: ["many"] });
  const [message] = page.sentOf("requests");
  const one = { action: "echo", payload: { text: "x" }, tags: ["many"] };
  assert.deepEqual(
    message.requests,
    ["a", "b", "c"].map((id) => ({ ...one, id })),
  );
  const error = { code: "RATE_LIMITED", message: "Too many.", details: {}, retryable: true };
  await page.say(
    { type: "acknowledgment", id: "b", index: 1, request_id: "rb" },
    { type: "error", id: "c", index: 2, error },
    { type: "response", id: "a", index: 0, success: true, data: { rows: 1 } },
  );
  assert.deepEqual(
    records.map((record) => record.status),
    ["completed", "pending", "failed"],
  );
  assert.deepEqual(refusals, [{ record: records[2], error }]);
});

test("whatever is lost, doubled or out of order, each event counts once, in order, up to the last", async (t) => {
  const page = await connected(t);
  const rounds = [];
  forSeeds(25, (random, seed) => rounds.push([random, `r${seed}`]));
  for (const [random, requestId] of rounds) {
    const record = await submitted(page, requestId);
    const of = (message) => ({ ...message, request_id: requestId });
    const counted = [];
    page.store.addEventListener("change", () => record.seq !== counted.at(-1) && counted.push(record.seq));
    const length = random.between(3, 20);
    const log = [
      of(started),
      ...Array.from({ length: length - 2 }, (_, at) => of(progress(at + 2))),
      complete(length, requestId),
    ];
    let asked = page.sentOf("subscribe").length;
    for (const [at, event] of log.entries()) {
      if (!random.once(3)) await page.say(event);
      if (random.once(4)) await page.say(random.pick(log.slice(0, at + 1)));
      for (const { id, requests } of page.sentOf("subscribe").slice(asked)) {
        asked += 1;
        await page.say({ type: "subscribed", id, requests: [{ request_id: requestId, status: "processing" }] });
        await page.say(...log.slice(requests[0].after_seq, at + 1));
      }
    }
    await page.say(...log);
    assert.deepEqual(
      [...new Set(counted)].sort((a, b) => a - b),
      counted,
      "in order",
    );
    assert.deepEqual([record.status, record.events.size], ["completed", length]);
  }
});

test("on a new connection, what is live is followed again from where it stood", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  const done = await submitted(page, "done");
  await page.say(started, progress(2), complete(1, "done"));
  await page.reconnect();
  assert.deepEqual(followed(page), [[ID, 2]]);
  assert.equal(done.status, "completed");
  await page.say(progress(3));
  assert.equal(record.percentage, 3);
});

test("a request that was never answered is sent again under the same id, and one that was is not", async (t) => {
  const page = await connected(t);
  await submitted(page);
  page.requests.submit("echo", { text: "lost" });
  const [, lost] = page.sentOf("request");
  FakeWebSocket.last.end(1006);
  page.requests.submit("echo", { text: "written meanwhile" });
  await page.time.pass(page.client.retryAt - page.time.ms);
  await page.welcome();
  const [again, meanwhile, ...more] = page.sentOf("request");
  assert.deepEqual(again, lost);
  assert.equal(meanwhile.payload.text, "written meanwhile");
  assert.deepEqual(more, []);
});

test("after the server said not to come back, connecting by hand goes on with everything", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(started);
  const [unanswered] = page.requests.submit("echo", { text: "lost" });
  const { id } = page.sentOf("request").at(-1);
  FakeWebSocket.last.end(4503);
  await page.time.pass(0);
  assert.deepEqual([page.client.state, record.status, unanswered.status], ["stopped", "processing", "sending"]);
  const [meanwhile] = page.requests.submit("echo", { text: "written meanwhile" });
  assert.equal(meanwhile.status, "sending");
  await page.open();
  assert.deepEqual(followed(page), [[ID, 1]]);
  assert.deepEqual(
    page.sentOf("request").map((message) => message.id),
    [id, meanwhile.clientId],
  );
  await page.say(progress(2), { type: "acknowledgment", id, request_id: "late" });
  assert.deepEqual([record.seq, unanswered.status], [2, "pending"]);
});

test("what is attached to a request that is known already goes on there", async (t) => {
  const page = await connected(t);
  const known = page.store.absorb({ request_id: ID, status: "processing", seq: 5, percentage: 30 });
  page.requests.submit("echo", {});
  const [{ id }] = page.sentOf("request");
  await page.say({ type: "acknowledgment", id, request_id: ID, duplicate: true }, started, progress(6));
  assert.equal(page.store.all().length, 1);
  assert.deepEqual([known.clientId, known.following], [id, true]);
});

test("live requests of a list are followed with one message, ended ones are not", async (t) => {
  const page = await connected(t);
  const state = (requestId, status, seq) => ({ request_id: requestId, action: "echo", status, seq, created_at: seq });
  const requests = [state("a", "processing", 7), state("b", "completed", 4), state("c", "pending", 0)];
  const listed = page.requests.list({ status: "", tag: "nightly" }, null, 25);
  const [{ id, ...asked }] = page.sentOf("list");
  assert.deepEqual(asked, { type: "list", tag: "nightly", limit: 25 });
  await page.say({ type: "requests", id, requests, next_cursor: "older" });
  const { records, nextCursor } = await listed;
  assert.deepEqual(
    records.map((record) => record.requestId),
    ["a", "b", "c"],
  );
  assert.equal(nextCursor, "older");
  await page.time.pass(60);
  assert.equal(page.sentOf("subscribe").length, 1);
  assert.deepEqual(followed(page), [
    ["a", 7],
    ["c", 0],
  ]);
});

test("no more than 128 are followed, but for what somebody opens", async (t) => {
  const page = await connected(t);
  const all = Array.from({ length: 150 }, (_, index) =>
    page.store.absorb({ request_id: `r${index}`, status: "processing", seq: 1 }),
  );
  all.forEach((record) => page.requests.follow(record));
  await page.time.pass(60);
  assert.equal(followed(page).length, 128);
  page.requests.follow(all[149], { opened: true });
  await page.time.pass(0);
  assert.deepEqual(followed(page).at(-1), ["r149", 1]);
});

test("a request that is gone leaves the page when it is followed", async (t) => {
  const page = await connected(t);
  page.requests.follow(page.store.absorb({ request_id: ID, status: "processing", seq: 1 }), { opened: true });
  await page.time.pass(0);
  const [{ id }] = page.sentOf("subscribe");
  const error = { code: "NOT_FOUND", message: "Not found", retryable: false };
  await page.say({ type: "subscribed", id, requests: [{ request_id: ID, error }] });
  assert.equal(page.store.get(ID), undefined);
});

test("a refusal names the request it belongs to", async (t) => {
  const page = await connected(t);
  const refusals = heard(page.requests, "refused");
  const [record] = page.requests.submit("echo", {});
  const error = { code: "INTERNAL_ERROR", message: "Broken.", details: { faults: [] }, retryable: true };
  await page.say({ type: "error", id: page.sentOf("request")[0].id, error });
  assert.deepEqual([record.status, record.error, record.refused], ["failed", error, true]);
  assert.deepEqual(refusals, [{ record, error }]);
});

test("what is larger than the server takes is refused here, and never sent", async (t) => {
  const page = await connected(t, { limits: { frame_bytes: 200 } });
  const [record] = page.requests.submit("echo", { text: "ø".repeat(100) });
  assert.equal(record.error.code, "PAYLOAD_TOO_LARGE");
  assert.match(record.error.message, /^This has 211 bytes; a request may have 200\./);
  assert.deepEqual(page.sentOf("request"), []);
});

test("a wish to cancel outlives the connection, and ends with the request", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  page.requests.cancel(record);
  assert.equal(page.sentOf("cancel").length, 1);
  await page.reconnect();
  assert.equal(page.sentOf("cancel").length, 1);
  await page.say({ type: "cancelled", request_id: ID, seq: 1, mode: "cooperative", final: true });
  assert.deepEqual([record.status, record.cancelling], ["cancelled", false]);
});

test("a cancel that came too late is no news, and one that is refused is told to the person", async (t) => {
  const page = await connected(t);
  const notices = heard(page.requests, "notice");
  const record = await submitted(page);
  page.requests.cancel(record);
  const late = { code: "VALIDATION_ERROR", message: "It has ended.", details: { status: "completed" } };
  await page.say({ type: "error", id: page.sentOf("cancel")[0].id, error: late });
  assert.deepEqual(notices, []);
  page.requests.cancel(record);
  await page.say({
    type: "error",
    id: page.sentOf("cancel")[1].id,
    error: { code: "FORBIDDEN", message: "Not yours." },
  });
  assert.deepEqual([record.cancelling, notices], [false, ["Not yours."]]);
});

test("fields that the server left out are named", async (t) => {
  const page = await connected(t);
  const notices = heard(page.requests, "notice");
  page.requests.submit("echo", { colour: "red" });
  const warnings = [{ path: "colour", message: "no such field" }];
  await page.say({ type: "acknowledgment", id: page.sentOf("request")[0].id, request_id: ID, warnings });
  assert.deepEqual(notices, ["colour: no such field"]);
});

test("signing out forgets all that was to be sent", async (t) => {
  const page = await connected(t);
  page.requests.submit("echo", { text: "of somebody else" });
  page.client.close();
  page.requests.reset();
  await page.open();
  assert.deepEqual([page.sent, page.store.all()], [[], []]);
});

test("what is done again is a request of its own, with what the first had, and comes from no form", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  record.tags = ["nightly"];
  await page.say(complete(1));
  const fresh = page.requests.again(record);
  const [sent] = page.sentOf("regenerate");
  assert.deepEqual([sent.request_id, sent.id], [ID, fresh.clientId]);
  assert.deepEqual(
    [fresh.again, fresh.action, fresh.payload, fresh.tags],
    [true, "generate_report", { format: "pdf" }, ["nightly"]],
  );
  assert.equal(record.again, false);
});

test("two presses have it done once more, and one after a second does it once more again", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(complete(1));
  assert.ok(page.requests.again(record));
  assert.equal(page.requests.again(record), null);
  const [{ id }] = page.sentOf("regenerate");
  await page.say({ type: "acknowledgment", id, request_id: "r2", status: "queued" });
  assert.equal(page.requests.again(record), null, "the answer came between two clicks");
  await page.time.pass(1000);
  assert.ok(page.requests.again(record));
  assert.equal(page.sentOf("regenerate").length, 2);
});

test("on a slow network a press counts until the server has answered", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(complete(1));
  page.requests.again(record);
  await page.time.pass(5000);
  assert.deepEqual([record.repeating, page.requests.again(record)], [true, null]);
});

test("what the server never stored is sent anew from here", async (t) => {
  const page = await connected(t);
  const [record] = page.requests.submit("echo", { text: "x" }, { tags: ["t"] });
  await page.say({ type: "response", id: record.clientId, success: true, data: {} });
  const fresh = page.requests.again(record);
  const [first, second] = page.sentOf("request");
  assert.deepEqual({ ...second, id: first.id }, first);
  assert.notEqual(second.id, first.id);
  assert.equal(fresh.again, true);
});

test("a snapshot moves the cursor where the log no longer reaches back", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  const snapshot = { type: "snapshot", request_id: ID, seq: 50, status: "processing", percentage: 80 };
  await page.say(started, { ...snapshot, reason: "trimmed" }, progress(51));
  assert.deepEqual([record.seq, record.percentage], [51, 51]);
});

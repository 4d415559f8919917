import assert from "node:assert/strict";
import { test } from "node:test";
import { forSeeds } from "../fakes/random.js";
import { complete, connected, followed, ID, progress, started, submitted } from "../fakes/requests.js";
import { FakeWebSocket } from "../fakes/web_socket.js";

test("who sends a request follows it to its end without asking", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(started, progress(2), { type: "waiting", request_id: ID, ahead: 1, position: 2 }, complete(3));
  assert.deepEqual([record.seq, record.percentage, record.status], [3, 100, "completed"]);
  assert.deepEqual(followed(page), []);
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

test("a snapshot moves the cursor where the log no longer reaches back", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  const snapshot = { type: "snapshot", request_id: ID, seq: 50, status: "processing", percentage: 80 };
  await page.say(started, { ...snapshot, reason: "trimmed" }, progress(51));
  assert.deepEqual([record.seq, record.percentage], [51, 51]);
});

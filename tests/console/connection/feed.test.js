import assert from "node:assert/strict";
import { test } from "node:test";
import { Feed } from "../../../realtime/static/streamer/connection/feed.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import { heard } from "../fakes/browser.js";
import { FakeConnection } from "../fakes/connection.js";
import { FakeTime } from "../fakes/time.js";

function connected() {
  const connection = new FakeConnection();
  const store = new RequestStore();
  const feed = new Feed(connection, store);
  const gaps = heard(feed, "gap");
  connection.enter("open");
  return { connection, store, feed, gaps };
}

const subscribed = { type: "subscribed", topic: "requests" };
const told = (cursor, request) => ({ type: "message", topic: "requests", cursor, request });

test("at first the list is read, and from then on only what is new", () => {
  const { connection, gaps } = connected();
  assert.deepEqual(connection.sent, [{ type: "subscribe", topic: "requests", id: "feed" }]);
  assert.equal(gaps.length, 1);
  connection.say({ ...subscribed, cursor: "c1" });
  connection.say(told("c2", { request_id: "a", status: "pending" }));
  connection.enter("waiting");
  connection.enter("open");
  assert.equal(connection.sent.at(-1).cursor, "c2");
  assert.equal(gaps.length, 1);
});

test("the list is read anew when too much has changed meanwhile", () => {
  const { connection, gaps } = connected();
  connection.say({ ...subscribed, cursor: "c9", truncated: true });
  assert.equal(gaps.length, 2);
});

test("a cursor of another server is dropped, and the feed asked for again from the start", async (t) => {
  const time = new FakeTime(t);
  const { connection, gaps } = connected();
  connection.say({ ...subscribed, cursor: "old" });
  connection.say({ type: "error", id: "feed", error: { code: "VALIDATION_ERROR", message: "Unknown cursor." } });
  await time.pass(5000);
  assert.equal("cursor" in connection.sent.at(-1), false);
  assert.equal(gaps.length, 2);
});

test("a server that is busy says when to ask again", async (t) => {
  const time = new FakeTime(t);
  const { connection } = connected();
  connection.say({ type: "error", id: "feed", error: { code: "RATE_LIMITED", message: "Wait.", retry_after: 2 } });
  await time.pass(1999);
  assert.equal(connection.sent.length, 1);
  await time.pass(1);
  assert.equal(connection.sent.length, 2);
});

test("a request that lives is told to be followed, one whose end was known to be looked at again", () => {
  const { connection, feed } = connected();
  const live = heard(feed, "live");
  const touched = heard(feed, "touched");
  connection.say(told("c1", { request_id: "a", status: "processing" }));
  connection.say(told("c2", { request_id: "a", status: "completed" }));
  assert.deepEqual([live.length, touched.length], [1, 0]);
  connection.say(told("c3", { request_id: "a", status: "completed" }));
  assert.deepEqual([live.length, touched.length], [1, 1]);
});

test("files that will expire are passed on", () => {
  const { connection, feed } = connected();
  const expiring = heard(feed, "expiring");
  connection.say({ type: "result_expiring", topic: "requests", cursor: "c1", artifact_id: "f1" });
  assert.equal(expiring[0].artifact_id, "f1");
});

test("whoever signs in next begins without a cursor", () => {
  const { connection, feed, gaps } = connected();
  connection.say({ ...subscribed, cursor: "c1" });
  feed.reset();
  connection.enter("open");
  assert.equal("cursor" in connection.sent.at(-1), false);
  assert.equal(gaps.length, 2);
});

test("a fault of something else is no fault of the feed", async (t) => {
  const time = new FakeTime(t);
  const { connection } = connected();
  connection.say({ type: "error", id: "other", error: { code: "NOT_FOUND", message: "Not found" } });
  await time.pass(60_000);
  assert.equal(connection.sent.length, 1);
});

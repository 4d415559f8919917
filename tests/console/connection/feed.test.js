import assert from "node:assert/strict";
import { test } from "node:test";
import { Feed } from "../../../realtime/static/streamer/connection/feed.js";
import { heard } from "../fakes/browser.js";
import { Connected } from "../fakes/connected.js";
import { FakeWebSocket } from "../fakes/web_socket.js";

async function connected(t) {
  const page = new Connected(t);
  page.feed = new Feed(page.client, page.store);
  page.gaps = heard(page.feed, "gap");
  await page.open();
  return page;
}

const subscribed = { type: "subscribed", topic: "requests" };
const told = (cursor, request) => ({ type: "message", topic: "requests", cursor, request });

test("at first the list is read, and from then on only what is new", async (t) => {
  const page = await connected(t);
  const [{ id, ...asked }] = page.sent;
  assert.deepEqual(asked, { type: "subscribe", topic: "requests" });
  assert.equal(page.gaps.length, 1);
  await page.say({ ...subscribed, id, cursor: "c1" }, told("c2", { request_id: "a", status: "pending" }));
  await page.reconnect();
  assert.equal(page.sentOf("subscribe")[0].cursor, "c2");
  assert.equal(page.gaps.length, 1);
});

test("the list is read anew when too much has changed meanwhile", async (t) => {
  const page = await connected(t);
  await page.say({ ...subscribed, cursor: "c9", truncated: true });
  assert.equal(page.gaps.length, 2);
});

test("the list is read anew when the server does not take the place where the feed was", async (t) => {
  const page = await connected(t);
  await page.say({ ...subscribed, cursor: "of another server" });
  await page.reconnect();
  const error = { code: "VALIDATION_ERROR", message: "Unknown cursor.", retryable: false };
  await page.say({ type: "error", id: page.sentOf("subscribe")[0].id, error });
  await page.say({ ...subscribed, id: page.sentOf("subscribe")[1].id, cursor: "c1" });
  assert.equal("cursor" in page.sentOf("subscribe")[1], false);
  assert.equal(page.gaps.length, 2);
});

test("a request that lives is told to be followed, one whose end was known to be looked at again", async (t) => {
  const page = await connected(t);
  const live = heard(page.feed, "live");
  const touched = heard(page.feed, "touched");
  await page.say(
    told("c1", { request_id: "a", status: "processing" }),
    told("c2", { request_id: "a", status: "completed" }),
  );
  assert.deepEqual([live.length, touched.length], [1, 0]);
  await page.say(told("c3", { request_id: "a", status: "completed" }));
  assert.deepEqual([live.length, touched.length], [1, 1]);
});

test("files that will expire are passed on", async (t) => {
  const page = await connected(t);
  const expiring = heard(page.feed, "expiring");
  await page.say({ type: "result_expiring", topic: "requests", cursor: "c1", artifact_id: "f1" });
  assert.equal(expiring[0].artifact_id, "f1");
});

test("after the server said not to come back, it goes on from where it was", async (t) => {
  const page = await connected(t);
  await page.say({ ...subscribed, cursor: "c1" });
  FakeWebSocket.last.end(4503);
  await page.open();
  assert.deepEqual([page.sentOf("subscribe").length, page.sentOf("subscribe")[0].cursor], [1, "c1"]);
});

test("whoever signs in next begins without a cursor", async (t) => {
  const page = await connected(t);
  await page.say({ ...subscribed, cursor: "c1" });
  page.client.close();
  page.feed.reset();
  await page.open();
  assert.equal("cursor" in page.sentOf("subscribe")[0], false);
  assert.equal(page.gaps.length, 2);
});

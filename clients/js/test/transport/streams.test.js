import assert from "node:assert/strict";
import { test } from "node:test";
import { NotFound } from "../../dist/index.js";
import { Clock, settled } from "../fakes/clock.js";
import {
  collect,
  complete,
  cut,
  EVENTS,
  empty,
  fakeFetch,
  httpClient,
  ID,
  LIST,
  ONE,
  progress,
  refusal,
  started,
  streams,
} from "../fakes/service.js";

test("a stream that is cut goes on after the last number", async (context) => {
  const clock = new Clock(context);
  const [first, second] = streams(2);
  const { calls, fetch } = fakeFetch({ [LIST]: empty, [EVENTS]: [first.response, second.response] });
  const client = httpClient(fetch);
  const events = collect(client.follow(ID));
  await clock.pass(0.1);
  first.say(started);
  first.say(progress(2));
  await settled();
  first.end();
  await clock.pass(2);
  second.say(complete(3));
  assert.deepEqual(
    (await events).map(({ seq }) => seq),
    [1, 2, 3],
  );
  const asked = calls.filter(({ path }) => path.endsWith("/events/")).map(({ query }) => query.after_seq);
  assert.deepEqual(asked, ["0", "2"]);
  client.close();
});

test("where streams end three times without news, questions that wait take their place", async (context) => {
  const clock = new Clock(context);
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [EVENTS]: [cut, cut, cut, { events: [started], last_seq: 1 }, { events: [complete(2)], last_seq: 2 }],
  });
  const client = httpClient(fetch);
  const events = collect(client.follow(ID));
  await clock.pass(60);
  assert.equal((await events).length, 2);
  assert.equal(client.transport, "poll");
  const asked = calls.filter(({ path }) => path.endsWith("/events/"));
  assert.deepEqual(
    asked.slice(-2).map(({ query, headers }) => [query.after_seq, query.wait, headers.Accept]),
    [
      ["0", "25", "application/json"],
      ["1", "25", "application/json"],
    ],
  );
  client.close();
});

test("a stream of which no byte comes for 40 s is given up, and one with comments is not", async (context) => {
  const clock = new Clock(context);
  const [stream] = streams(1);
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [EVENTS]: [stream.untilLeft(), { events: [complete(1)], last_seq: 1 }],
  });
  const client = httpClient(fetch);
  const events = collect(client.follow(ID));
  await clock.pass(30);
  stream.write(": keep-alive\n\n");
  await clock.pass(30);
  assert.equal(calls.filter(({ path }) => path.endsWith("/events/")).length, 1);
  await clock.pass(11);
  assert.equal((await events).length, 1);
  assert.equal(calls.filter(({ path }) => path.endsWith("/events/")).at(-1).query.wait, "25");
  client.close();
});

test("a long question about a request that has ended, ends", async (context) => {
  const clock = new Clock(context);
  const { fetch } = fakeFetch({
    [LIST]: empty,
    [EVENTS]: [new Response(null, { status: 204 })],
    [ONE]: { request_id: ID, seq: 3, status: "completed", result: { rows: 3 } },
  });
  const client = httpClient(fetch);
  const handle = client.follow(ID, { afterSeq: 3 });
  const events = collect(handle);
  await clock.pass(1);
  assert.deepEqual(await events, []);
  assert.deepEqual(await handle.result(), { rows: 3 });
  client.close();
});

test("what does not exist cannot be followed", async () => {
  const { fetch } = fakeFetch({ [LIST]: empty, [EVENTS]: refusal(404, "NOT_FOUND") });
  const client = httpClient(fetch);
  await assert.rejects(collect(client.follow(ID)), NotFound);
  client.close();
});

test("a goodbye on a stream ends everything, and the client comes back after its pause", async (context) => {
  const clock = new Clock(context);
  const [first, second] = streams(2);
  const { calls, fetch } = fakeFetch({ [LIST]: empty, [EVENTS]: [first.response, second.response] });
  const client = httpClient(fetch);
  const events = collect(client.follow(ID));
  await clock.pass(0.1);
  first.say(started);
  const goodbye = { type: "goodbye", code: 4000, reason: "drain", reconnect: true, after_ms: 7000 };
  first.write(`event: goodbye\ndata: ${JSON.stringify(goodbye)}\n\n`);
  await clock.pass(6.9);
  assert.equal(calls.length, 2);
  await clock.pass(0.2);
  second.say(complete(2));
  assert.equal((await events).length, 2);
  client.close();
});

test("the feed goes on from its cursor", async (context) => {
  const clock = new Clock(context);
  const [first, second] = streams(2);
  const { calls, fetch } = fakeFetch({ [LIST]: empty, "GET /api/feed/": [first.response, second.response] });
  const client = httpClient(fetch);
  const feed = client.feed();
  const seen = [];
  collect(feed, seen);
  await clock.pass(0.1);
  first.say({ type: "subscribed", topic: "requests", cursor: "c1", truncated: false });
  first.say({ type: "message", topic: "requests", cursor: "c2", request: { request_id: ID } });
  await settled();
  first.end();
  await clock.pass(2);
  second.say({ type: "message", topic: "requests", cursor: "c3", request: { request_id: ID } });
  await settled();
  assert.deepEqual(
    seen.map(({ cursor }) => cursor),
    ["c1", "c2", "c3"],
  );
  assert.equal(calls.at(-1).query.cursor, "c2");
  assert.equal(feed.cursor, "c3");
  client.close();
});

test("the feed by long questions begins with where it is", async (context) => {
  const clock = new Clock(context);
  const news = { type: "message", topic: "requests", cursor: "c2", request: { request_id: ID } };
  const answers = [cut, cut, cut, { messages: [], cursor: "c1", truncated: false }];
  answers.push({ messages: [news], cursor: "c2", truncated: false }, () => new Promise(() => {}));
  const { calls, fetch } = fakeFetch({ [LIST]: empty, "GET /api/feed/": answers });
  const client = httpClient(fetch);
  const seen = [];
  collect(client.feed(), seen);
  await clock.pass(10);
  assert.deepEqual(
    seen.map(({ type, cursor }) => [type, cursor]),
    [
      ["subscribed", "c1"],
      ["message", "c2"],
    ],
  );
  assert.deepEqual(
    calls.filter(({ path }) => path === "/api/feed/").map(({ query }) => query.cursor),
    [undefined, undefined, undefined, undefined, "c1", "c2"],
  );
  client.close();
});

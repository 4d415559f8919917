import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionStopped, NotFound, RateLimited, ValidationFailed } from "../../dist/index.js";
import { Clock, settled } from "../fakes/clock.js";
import { FakeServer } from "../fakes/server.js";
import {
  acknowledgment,
  collect,
  complete,
  EventStream,
  fakeFetch,
  httpClient,
  ID,
  progress,
  refusal,
  started,
} from "../fakes/service.js";

const LIST = "GET /api/requests/";
const SUBMIT = "POST /api/requests/";
const EVENTS = `GET /api/requests/${ID}/events/`;
const ONE = `GET /api/requests/${ID}/`;
const empty = { requests: [], next_cursor: null };

function streams(count) {
  return Array.from({ length: count }, () => new EventStream());
}

test("without sockets a request goes by POST, and its events come as a stream", async (context) => {
  const clock = new Clock(context);
  const [stream] = streams(1);
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [SUBMIT]: ({ body }) => Response.json(acknowledgment(body.id), { status: 202 }),
    [EVENTS]: stream.response,
  });
  const client = httpClient(fetch);
  const handle = client.submit("generate_report", { year: 2024 }, { id: "my-1", tags: ["q1"] });
  const events = collect(handle);
  await clock.pass(0.1);
  for (const frame of [started, progress(2), complete(3)]) stream.say(frame);
  assert.deepEqual(
    (await events).map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.deepEqual(await handle.result(), { rows: 1 });
  const submitted = calls.find(({ method }) => method === "POST");
  assert.deepEqual(submitted.body, { action: "generate_report", payload: { year: 2024 }, id: "my-1", tags: ["q1"] });
  assert.equal(submitted.headers.Authorization, "Bearer token-1");
  assert.equal(calls.at(-1).headers.Accept, "text/event-stream");
  assert.equal(client.transport, "sse");
  client.close();
});

test("an inline action is answered at once", async () => {
  const answer = { type: "response", success: true, data: { message: 1 }, metadata: {} };
  const { fetch } = fakeFetch({ [LIST]: empty, [SUBMIT]: answer });
  const client = httpClient(fetch);
  assert.deepEqual(await client.run("echo", { message: 1 }), { message: 1 });
  client.close();
});

test("many requests go in one call, each with an answer of its own", async (context) => {
  const clock = new Clock(context);
  const [stream] = streams(1);
  const error = { code: "VALIDATION_ERROR", message: "seconds: too small", retryable: false };
  const responses = [acknowledgment("a"), { type: "error", id: "b", index: 1, error }];
  const { fetch } = fakeFetch({ [LIST]: empty, "POST /api/requests/batch/": { responses }, [EVENTS]: stream.response });
  const client = httpClient(fetch);
  const [a, b] = client.submitMany([
    { action: "echo_async", id: "a" },
    { action: "delay", id: "b" },
  ]);
  await clock.pass(0.1);
  stream.say(complete(1));
  assert.deepEqual(await a.result(), { rows: 1 });
  await assert.rejects(b.result(), ValidationFailed);
  client.close();
});

test("a refusal has the class of its code, and the seconds to wait", async () => {
  const more = { retryable: true, retry_after: 3 };
  const { fetch } = fakeFetch({ [LIST]: empty, [SUBMIT]: refusal(429, "RATE_LIMITED", more) });
  const client = httpClient(fetch);
  await assert.rejects(client.run("echo"), (error) => error instanceof RateLimited && error.retryAfter === 3);
  client.close();
});

test("a submit that the network swallowed is sent again, with the same id", async (context) => {
  const clock = new Clock(context);
  const [stream] = streams(1);
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [SUBMIT]: [
      undefined,
      Response.json({ detail: "Bad gateway" }, { status: 502 }),
      ({ body }) => acknowledgment(body.id),
    ],
    [EVENTS]: stream.response,
  });
  const client = httpClient(fetch);
  const handle = client.submit("delay");
  await clock.pass(5);
  stream.say(complete(1));
  assert.deepEqual(await handle.result(), { rows: 1 });
  const ids = calls.filter(({ method }) => method === "POST").map(({ body }) => body.id);
  assert.deepEqual(ids, [handle.id, handle.id, handle.id]);
  client.close();
});

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
  const cut = () => {
    const stream = new EventStream();
    stream.end();
    return stream.response;
  };
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
    [EVENTS]: [
      ({ signal }) => {
        signal.addEventListener("abort", () => stream.end());
        return stream.response;
      },
      { events: [complete(1)], last_seq: 1 },
    ],
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

test("an expired token is asked for anew once, and a bad one stops the client", async (context) => {
  const clock = new Clock(context);
  const expired = () => refusal(401, "UNAUTHORIZED", { details: { reason: "token_expired" } });
  const { fetch } = fakeFetch({ [LIST]: [expired, () => refusal(401, "UNAUTHORIZED")] });
  const forced = [];
  const client = httpClient(fetch, { token: ({ force }) => forced.push(force) && "token" });
  const failed = assert.rejects(client.status(ID), ConnectionStopped);
  await clock.pass(2);
  await failed;
  assert.deepEqual(forced, [false, true]);
  assert.equal(client.state, "stopped");
});

test("what is asked on a socket has its place in the HTTP API", async () => {
  const state = { request_id: ID, status: "processing", seq: 2 };
  const { calls, fetch } = fakeFetch({
    [LIST]: [empty, { requests: [state], next_cursor: "c2" }, { requests: [], next_cursor: null }],
    [ONE]: state,
    [`POST /api/requests/${ID}/cancel/`]: refusal(409, "VALIDATION_ERROR", { details: { status: "completed" } }),
    [`POST /api/requests/${ID}/retry/`]: ({ body }) => acknowledgment(body.id, "other"),
    "GET /api/requests/other/events/": new EventStream().response,
    "POST /api/artifacts/9b1d/extend/": { artifact_id: "9b1d", expires_at: "2026-02-14" },
    "POST /api/topics/tenant.acme.news/": { topic: "tenant.acme.news", seq: 9 },
  });
  const client = httpClient(fetch);
  assert.equal((await client.status(ID)).status, "processing");
  assert.equal((await collect(client.list({ tag: "q1", createdAfter: 5 }))).length, 1);
  assert.deepEqual(calls[2].query, { tag: "q1", created_after: "5" });
  assert.equal(calls[3].query.cursor, "c2");
  await client.cancel(ID);
  assert.equal((await client.regenerate(ID).acknowledged).request_id, "other");
  assert.equal((await client.extend("9b1d", 14)).expires_at, "2026-02-14");
  assert.equal((await client.publish("tenant.acme.news", { text: "Hello" })).seq, 9);
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
  const cut = () => {
    const stream = new EventStream();
    stream.end();
    return stream.response;
  };
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

test("after two sockets that came to nothing, HTTP takes their place, and a socket is tried every five minutes", async (context) => {
  const clock = new Clock(context);
  const server = new FakeServer();
  const [stream] = streams(1);
  const { fetch } = fakeFetch({ [LIST]: () => empty, [EVENTS]: [stream.response] });
  const client = httpClient(fetch, { WebSocket: server.WebSocket });
  const events = collect(client.follow(ID));
  await settled();
  server.last.end(1006);
  await clock.pass(1);
  assert.equal(server.opened.length, 2);
  server.last.end(1006);
  await clock.pass(1);
  assert.deepEqual([client.transport, client.state], ["sse", "open"]);
  stream.say(started);
  await clock.pass(299);
  assert.equal(server.opened.length, 3);
  server.last.say({ type: "welcome", heartbeat_seconds: 20, limits: {} });
  await settled();
  server.last.say({ type: "welcome", heartbeat_seconds: 20, limits: {} });
  await settled();
  assert.equal(client.transport, "websocket");
  assert.deepEqual(server.last.frames.at(-1).requests, [{ request_id: ID, after_seq: 1 }]);
  server.last.say(complete(2));
  assert.equal((await events).length, 2);
  client.close();
});

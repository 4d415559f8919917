import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionStopped, RateLimited, ValidationFailed } from "../../dist/index.js";
import { Clock, settled } from "../fakes/clock.js";
import { FakeServer } from "../fakes/server.js";
import {
  acknowledgment,
  collect,
  complete,
  EVENTS,
  EventStream,
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

const SUBMIT = "POST /api/requests/";

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

test("a text with line ends of Unicode arrives as it is", async (context) => {
  const clock = new Clock(context);
  const [stream] = streams(1);
  const { fetch } = fakeFetch({ [LIST]: empty, [EVENTS]: stream.response });
  const client = httpClient(fetch);
  const events = collect(client.follow(ID));
  await clock.pass(0.1);
  const message = "one\u2028two\u2029three\u0085four";
  for (const frame of [started, { ...progress(2), message }, complete(3, { message })]) stream.say(frame);
  assert.deepEqual(
    (await events).map((event) => event.message ?? event.result?.message),
    [undefined, message, message],
  );
  client.close();
});

test("an odd id leads to no other resource", async () => {
  const { calls, fetch } = fakeFetch({ [LIST]: empty });
  const client = httpClient(fetch);
  client.status("a/../?limit=1").catch(() => {});
  await settled();
  await settled();
  assert.equal(calls.at(-1).path, "/api/requests/a%2F..%2F%3Flimit%3D1/");
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
    "GET /api/requests/other/events/": new EventStream().untilLeft(),
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

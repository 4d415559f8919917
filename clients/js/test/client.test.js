import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, ConnectionStopped, RequestCancelled } from "../dist/index.js";
import "../dist/http.js";
import { Clock, settled } from "./fakes/clock.js";
import { FakeServer } from "./fakes/server.js";
import { acknowledgment, complete, fakeFetch, ID, progress, refusal, started } from "./fakes/service.js";
import { FakeWindow } from "./fakes/window.js";

const WELCOME = { type: "welcome", heartbeat_seconds: 20, limits: { frame_bytes: 1 << 20 } };

async function opened(options = {}) {
  const server = new FakeServer();
  const { fetch } = fakeFetch({});
  const client = new Client("ws://server.test/ws/", {
    token: "t",
    WebSocket: server.WebSocket,
    fetch,
    random: () => 0.5,
    ...options,
  });
  client.start();
  await settled();
  server.last.say(WELCOME);
  await settled();
  return { server, client };
}

test("it tells its states, why it waits and until when", async (context) => {
  const clock = new Clock(context);
  const { server, client } = await opened();
  const states = [];
  client.addEventListener("state", () => states.push([client.state, client.reason]));
  server.last.end(1006);
  assert.equal(client.retryAt, Date.now() + 250);
  await clock.pass(0.25);
  server.last.say(WELCOME);
  server.last.say({ type: "goodbye", code: 4501, reason: "revoked", reconnect: false, after_ms: 60000 });
  server.last.end(4501);
  assert.deepEqual(states, [
    ["waiting", "The connection was lost."],
    ["connecting", ""],
    ["open", ""],
    ["stopped", "The server ended the connection: revoked."],
  ]);
  assert.deepEqual([client.closeCode, client.retryAt], [4501, null]);
  assert.equal(client.stopped.closeCode, 4501);
  await assert.rejects(client.status(ID), ConnectionStopped);
  client.start();
  assert.deepEqual([client.state, client.stopped], ["connecting", null]);
  client.close();
});

test("a request can be followed in browsers, whose queueMicrotask is a method of the window alone", async (context) => {
  const real = globalThis.queueMicrotask;
  context.after(() => {
    globalThis.queueMicrotask = real;
  });
  globalThis.queueMicrotask = function (work) {
    if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
    real(work);
  };
  const { server, client } = await opened();
  client.follow(ID);
  await settled();
  assert.deepEqual(server.last.frames.at(-1).requests, [{ request_id: ID, after_seq: 0 }]);
  client.close();
});

test("every message on the wire can be looked at, and sent by hand", async () => {
  const { server, client } = await opened();
  const frames = [];
  client.addEventListener("frame", ({ detail }) => frames.push([detail.direction, detail.frame.type]));
  assert.equal(client.send({ type: "ping" }), true);
  server.last.say({ type: "pong" });
  assert.deepEqual(frames, [
    ["out", "ping"],
    ["in", "pong"],
  ]);
  assert.equal(client.limits.frame_bytes, 1 << 20);
  client.close();
  assert.equal(client.send({ type: "ping" }), false);
});

test("a socket that the server refuses counts as closed, in Node too, which says so by an error alone", async (context) => {
  const clock = new Clock(context);
  const { server, client } = await opened();
  server.last.end(1006);
  await clock.pass(0.3);
  Object.assign(server.last, { readyState: 0 }).onerror();
  assert.equal(client.state, "waiting");
  client.close();
});

test("a client without work does not come back, one that was started does", async (context) => {
  const clock = new Clock(context);
  const { server, client } = await opened();
  server.last.end(1006);
  await clock.pass(1);
  assert.equal(server.opened.length, 2);
  client.close();
  await clock.pass(60);
  assert.equal(server.opened.length, 2);
});

test("an aborted signal cancels the request, and its end is told by its final message", async (context) => {
  new Clock(context);
  const { server, client } = await opened();
  const abort = new AbortController();
  const seen = [];
  const run = client.run("delay", {}, { id: "a", signal: abort.signal, onProgress: (event) => seen.push(event.seq) });
  server.last.say(acknowledgment("a"));
  server.last.say(started);
  server.last.say(progress(2));
  abort.abort();
  await settled();
  const { type, request_id } = server.last.frames.at(-1);
  assert.deepEqual([type, request_id], ["cancel", ID]);
  server.last.say({ type: "cancelled", request_id: ID, seq: 3, mode: "cooperative", final: true });
  await assert.rejects(run, RequestCancelled);
  assert.deepEqual(seen, [2]);
  await assert.rejects(client.run("delay", {}, { signal: abort.signal }), { name: "AbortError" });
  client.close();
});

test("an aborted signal ends a following, not the request", async () => {
  const { server, client } = await opened();
  const abort = new AbortController();
  const handle = client.follow(ID, { afterSeq: 4, signal: abort.signal });
  await settled();
  const ended = handle[Symbol.asyncIterator]().next();
  abort.abort();
  assert.deepEqual(await ended, { value: undefined, done: true });
  assert.deepEqual(
    server.last.frames.map(({ type }) => type),
    ["subscribe", "unsubscribe"],
  );
  client.close();
});

test("when the page is looked at again, the connection is tested at once, and a fresh token shown", async (context) => {
  const clock = new Clock(context);
  const page = new FakeWindow(context);
  let token = "token-1";
  const { server, client } = await opened({ token: () => token });
  token = "token-2";
  page.show();
  await settled();
  assert.deepEqual(
    server.last.frames.map((frame) => [frame.type, frame.token]),
    [
      ["ping", undefined],
      ["authenticate", "token-2"],
    ],
  );
  await clock.pass(5.1);
  assert.equal(client.state, "waiting");
  page.online();
  assert.equal(client.state, "connecting");
  client.close();
});

test("a window that gets the focus tests its connection", async (context) => {
  new Clock(context);
  const page = new FakeWindow(context);
  const { server, client } = await opened();
  page.focus();
  assert.deepEqual(
    server.last.frames.map((frame) => frame.type),
    ["ping"],
  );
  client.close();
});

test("a pause that the server asked for is kept, whatever the page does", async (context) => {
  new Clock(context);
  const page = new FakeWindow(context);
  const { server, client } = await opened();
  server.last.say({ type: "goodbye", code: 4020, reason: "connection_limit", reconnect: true, after_ms: 30000 });
  server.last.end(4020);
  page.show();
  assert.deepEqual([client.state, client.retryAt], ["waiting", Date.now() + 30000]);
  client.close();
});

test("a token provider that fails is asked again, one that has none stops the client", async (context) => {
  const clock = new Clock(context);
  const answers = [new Error("No network."), null];
  const token = () => {
    const answer = answers.shift();
    if (answer) throw answer;
    return answer;
  };
  const server = new FakeServer();
  const client = new Client("ws://server.test/ws/", { token, WebSocket: server.WebSocket, random: () => 0.5 });
  client.start();
  await settled();
  assert.deepEqual([client.state, client.reason], ["waiting", "No network."]);
  await clock.pass(1);
  assert.deepEqual([client.state, client.reason], ["stopped", "Nobody is signed in."]);
});

test("a file goes up and comes down", async () => {
  const { calls, fetch } = fakeFetch({
    "POST /api/datasets/": [{ dataset_id: "d1" }, refusal(413, "PAYLOAD_TOO_LARGE")],
    "GET /api/artifacts/9b1d/": new Response("a,b\n"),
  });
  const client = new Client("wss://server.test/base/ws/", { token: "t", WebSocket: null, fetch });
  const fractions = [];
  const file = new File(["a,b\n1,2\n"], "sales.csv");
  const options = { name: "sales", expiresInDays: 7, onProgress: (fraction) => fractions.push(fraction) };
  await assert.rejects(client.upload(file, options), { code: "CONNECTION_LOST" });
  client.close();
  const root = new Client("wss://server.test/ws/", { token: "t", WebSocket: null, fetch });
  assert.equal((await root.upload(file, options)).dataset_id, "d1");
  assert.deepEqual(Object.fromEntries([...calls.at(-1).body].filter(([name]) => name !== "file")), {
    name: "sales",
    expires_in_days: "7",
  });
  await assert.rejects(root.upload(file), { name: "ValidationFailed" });
  const artifact = { url: "/api/artifacts/9b1d/?expires=1&signature=s" };
  assert.equal(root.artifactUrl(artifact), "https://server.test/api/artifacts/9b1d/?expires=1&signature=s");
  assert.equal(await (await root.download(artifact)).text(), "a,b\n");
  assert.deepEqual(fractions, [1]);
});

test("a file that is wanted no more is no lost connection", async () => {
  const fetch = async (_url, { signal }) => signal.throwIfAborted();
  const client = new Client("wss://server.test/ws/", { token: "t", WebSocket: null, fetch });
  const aborted = { signal: AbortSignal.abort() };
  await assert.rejects(client.download({ url: "/api/artifacts/9b1d/" }, aborted), { name: "AbortError" });
  await assert.rejects(client.upload(new File(["a\n"], "a.csv"), aborted), { name: "AbortError" });
});

test("the result of a request that ended long ago comes from its state", async () => {
  const { server, client } = await opened();
  const handle = client.follow(ID, { afterSeq: 9 });
  await settled();
  const { id } = server.last.frames.at(-1);
  server.last.say({ type: "subscribed", id, requests: [{ request_id: ID, status: "completed", last_seq: 9 }] });
  const result = handle.result();
  await settled();
  const asked = server.last.frames.at(-1);
  server.last.say({ type: "snapshot", id: asked.id, request_id: ID, status: "completed", result: { rows: 9 } });
  assert.deepEqual(await result, { rows: 9 });
  client.close();
});

test("what a loop leaves early still has its end", async () => {
  const { server, client } = await opened();
  const handle = client.submit("delay", {}, { id: "a" });
  server.last.say(acknowledgment("a"));
  server.last.say(started);
  for await (const event of handle) if (event.type === "started") break;
  for (let seq = 2; seq < 3000; seq += 1) server.last.say(progress(seq));
  server.last.say(complete(3000));
  assert.deepEqual(await handle.result(), { rows: 1 });
  assert.deepEqual([handle.seq, handle.final.type], [3000, "complete"]);
  client.close();
});

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createElement } from "react";
import { act, create } from "react-test-renderer";
import { Client } from "../dist/index.js";
import { useFeed, useRequest } from "../dist/react.js";
import { Clock, settled } from "./fakes/clock.js";
import { FakeServer } from "./fakes/server.js";
import { acknowledgment, complete, ID, progress, started } from "./fakes/service.js";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
let server;
let client;

beforeEach((context) => {
  server = new FakeServer();
  client = new Client("ws://server.test/ws/", { token: "t", WebSocket: server.WebSocket });
  context.after(() => client.close());
});

function Shown({ shown, useHook }) {
  Object.assign(shown, useHook());
  return null;
}

/** A component that shows what a hook returns. */
async function mounted(context, useHook) {
  const shown = {};
  let root;
  await act(async () => {
    root = create(createElement(Shown, { shown, useHook }));
    await settled();
  });
  context.after(() => act(() => root.unmount()));
  return { shown, unmount: () => act(async () => root.unmount()) };
}

async function say(...frames) {
  await act(async () => {
    for (const frame of frames) server.last.say(frame);
    await settled();
  });
}

async function connected() {
  await act(settled);
  await say({ type: "welcome", heartbeat_seconds: 20, limits: {} });
}

test("a component shows a request from the click to its end", async (context) => {
  const { shown } = await mounted(context, () => useRequest(client, "delay"));
  assert.equal(shown.status, "idle");
  await act(async () => void shown.submit({ seconds: 1 }, { id: "a" }));
  assert.equal(shown.status, "sending");
  await connected();
  await say(acknowledgment("a"), { type: "waiting", request_id: ID, ahead: 2, position: 3 });
  assert.deepEqual([shown.status, shown.position, shown.requestId], ["pending", 3, ID]);
  await say(started, progress(2));
  assert.deepEqual([shown.status, shown.percentage, shown.position], ["processing", 2, null]);
  await say(complete(3));
  assert.deepEqual([shown.status, shown.percentage, shown.result], ["completed", 100, { rows: 1 }]);
});

test("a refusal and an end with an error are shown as errors", async (context) => {
  const { shown } = await mounted(context, () => useRequest(client, "delay"));
  await act(async () => void shown.submit({}, { id: "a" }));
  await connected();
  const error = { code: "VALIDATION_ERROR", message: "seconds: Field required" };
  await say({ type: "error", id: "a", success: false, error });
  assert.deepEqual([shown.status, shown.error.message], ["failed", error.message]);
  await act(async () => void shown.submit({}, { id: "b" }));
  assert.deepEqual([shown.status, shown.error], ["sending", null]);
  await say(acknowledgment("b"), { type: "cancelled", request_id: ID, seq: 1, mode: "killed", final: true });
  assert.equal(shown.status, "cancelled");
});

test("a component that goes away stops following", async (context) => {
  new Clock(context);
  const { shown, unmount } = await mounted(context, () => useRequest(client, "delay", { requestId: ID }));
  await connected();
  await say(started);
  assert.equal(shown.status, "processing");
  await unmount();
  assert.equal(server.last.frames.at(-1).type, "unsubscribe");
});

test("the feed shows each request once, the newest first", async (context) => {
  const { shown } = await mounted(context, () => useFeed(client));
  await connected();
  const news = (id, created_at, status) => ({
    type: "message",
    topic: "requests",
    cursor: "c",
    request: { request_id: id, created_at, status },
  });
  await say({ type: "subscribed", topic: "requests", cursor: "c", truncated: true });
  await say(
    news("a", "2026-01-01", "processing"),
    news("b", "2026-01-02", "pending"),
    news("a", "2026-01-01", "completed"),
  );
  assert.deepEqual(
    shown.requests.map(({ request_id, status }) => [request_id, status]),
    [
      ["b", "pending"],
      ["a", "completed"],
    ],
  );
  assert.equal(shown.isTruncated, true);
});

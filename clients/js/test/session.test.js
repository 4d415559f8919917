import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../dist/index.js";
import { resumeSession } from "../dist/session.js";
import { settled } from "./fakes/clock.js";
import { FakeServer } from "./fakes/server.js";
import { complete, ID, progress, started } from "./fakes/service.js";

/** One life of a page: it has the storage of the tab, and leaves. */
async function page(context, storage) {
  const server = new FakeServer();
  const client = new Client("ws://server.test/ws/", { token: "t", WebSocket: server.WebSocket });
  const listeners = [];
  globalThis.addEventListener = (_, listener) => listeners.push(listener);
  context.after(() => Reflect.deleteProperty(globalThis, "addEventListener"));
  const handles = resumeSession(client, storage);
  client.start();
  await settled();
  server.last.say({ type: "welcome", heartbeat_seconds: 20, limits: {} });
  const leave = () => {
    for (const listener of listeners) listener();
    client.close();
  };
  return { server, client, handles, leave };
}

test("a page that is loaded again goes on after the last number it had", async (context) => {
  const texts = new Map();
  const storage = { getItem: (key) => texts.get(key) ?? null, setItem: (key, text) => texts.set(key, text) };
  const first = await page(context, storage);
  assert.deepEqual(first.handles, []);
  first.client
    .follow(ID)
    .result()
    .catch(() => {});
  for (const event of [started, progress(2)]) first.server.last.say(event);
  first.leave();
  const second = await page(context, storage);
  assert.equal(second.handles[0].requestId, ID);
  assert.deepEqual(second.server.last.frames[0].requests, [{ request_id: ID, after_seq: 2 }]);
  second.server.last.say(complete(3));
  assert.deepEqual(await second.handles[0].result(), { rows: 1 });
  second.leave();
  const third = await page(context, storage);
  assert.deepEqual(third.handles, []);
  third.leave();
});

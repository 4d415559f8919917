import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Client } from "../dist/index.js";
import { shareAmongTabs } from "../dist/tabs.js";
import { FakeChannel, FakeLocks } from "./fakes/browser.js";
import { settled } from "./fakes/clock.js";
import { FakeServer } from "./fakes/server.js";
import { acknowledgment, collect, complete, ID, progress, started } from "./fakes/service.js";

const WELCOME = { type: "welcome", heartbeat_seconds: 600, limits: {} };
const OTHER = "77ab0c9d-1f3e-4c55-8a70-6f0d5f0b2c22";
let server;

beforeEach((context) => {
  server = new FakeServer();
  FakeLocks.install(context);
  FakeChannel.install(context);
});

/** A tab of the same browser. */
function tab() {
  const share = shareAmongTabs("alice");
  return new Client("ws://server.test/ws/", { token: "t", WebSocket: server.WebSocket, share, random: () => 0 });
}

async function twoTabs() {
  const tabs = [tab(), tab()];
  for (const client of tabs) client.start();
  await settled();
  server.last.say(WELCOME);
  await settled();
  return tabs;
}

function close(...clients) {
  for (const client of clients) client.close();
}

test("two tabs have one socket, and each has the events of its own requests", async () => {
  const [first, second] = await twoTabs();
  assert.deepEqual([server.opened.length, first.state, second.state], [1, "open", "open"]);
  const one = collect(first.submit("delay", {}, { id: "a" }));
  const two = collect(second.submit("delay", {}, { id: "b" }));
  await settled();
  assert.deepEqual(
    server.last.frames.map(({ id }) => id),
    ["a", "b"],
  );
  server.last.say(acknowledgment("b", OTHER));
  server.last.say(acknowledgment("a"));
  await settled();
  server.last.say({ ...started, request_id: OTHER });
  server.last.say({ ...complete(2), request_id: OTHER });
  server.last.say(complete(1));
  assert.deepEqual(
    (await one).map(({ request_id }) => request_id),
    [ID],
  );
  assert.deepEqual(
    (await two).map(({ request_id, seq }) => [request_id, seq]),
    [
      [OTHER, 1],
      [OTHER, 2],
    ],
  );
  close(first, second);
});

test("a request that both follow is left only when neither does any more", async () => {
  const [first, second] = await twoTabs();
  const handles = [first.follow(ID), second.follow(ID)];
  await settled();
  handles[1].close();
  await settled();
  assert.equal(server.last.frames.filter(({ type }) => type === "unsubscribe").length, 0);
  handles[0].close();
  await settled();
  assert.equal(server.last.frames.filter(({ type }) => type === "unsubscribe").length, 1);
  close(first, second);
});

test("answers go to the tab that asked, notices to all", async () => {
  const [first, second] = await twoTabs();
  const noticed = [];
  for (const client of [first, second]) client.addEventListener("notice", ({ detail }) => noticed.push(detail));
  const status = second.status(ID);
  await settled();
  const { id } = server.last.frames.find(({ type }) => type === "status");
  server.last.say({ type: "snapshot", id, request_id: ID, status: "pending", seq: 0, reason: "status" });
  assert.equal((await status).status, "pending");
  server.last.say({ type: "message", data: "Maintenance at noon" });
  await settled();
  assert.deepEqual(noticed, ["Maintenance at noon", "Maintenance at noon"]);
  close(first, second);
});

test("when the leader goes, another tab opens a socket and goes on from its numbers", async () => {
  const [first, second] = await twoTabs();
  const events = collect(second.follow(ID));
  await settled();
  server.last.say(started);
  server.last.say(progress(2));
  await settled();
  first.close();
  await new Promise((resolve) => second.addEventListener("state", () => second.state === "connecting" && resolve()));
  await settled();
  assert.equal(server.opened.length, 2);
  server.last.say(WELCOME);
  await settled();
  assert.deepEqual(server.last.frames[0].requests, [{ request_id: ID, after_seq: 2 }]);
  server.last.say(complete(3));
  assert.equal((await events).length, 3);
  second.close();
});

test("when the leader dies without a word, the others do not wait for it", async () => {
  const [first, second] = await twoTabs();
  const third = tab();
  third.start();
  await settled();
  FakeLocks.kill("streamer.alice");
  await new Promise((resolve) => third.addEventListener("state", () => third.state === "connecting" && resolve()));
  await settled();
  assert.equal(server.opened.length, 2);
  server.last.say(WELCOME);
  await settled();
  assert.deepEqual([second.state, third.state], ["open", "open"]);
  close(first, second, third);
});

test("when a tab goes without a word, nobody follows what it followed", async () => {
  const [first, second] = await twoTabs();
  second.follow(ID);
  await settled();
  FakeLocks.killLast();
  await settled();
  assert.equal(server.last.frames.at(-1).type, "unsubscribe");
  server.last.say(progress(4));
  await settled();
  assert.deepEqual(server.last.frames.at(-1), { type: "received", request_id: ID, seq: 4 });
  close(first, second);
});

test("where a browser has no locks, each tab has its socket", async (context) => {
  FakeLocks.remove(context);
  const tabs = [tab(), tab()];
  for (const client of tabs) client.start();
  await settled();
  assert.equal(server.opened.length, 2);
  close(...tabs);
});

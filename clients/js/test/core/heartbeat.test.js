import assert from "node:assert/strict";
import { test } from "node:test";
import { Heartbeat } from "../../dist/core/heartbeat.js";

function begun(seconds = 20) {
  const heartbeat = new Heartbeat();
  heartbeat.begin(0, seconds);
  return heartbeat;
}

test("after one interval of silence it asks, after two the connection is lost", () => {
  const heartbeat = begun();
  assert.deepEqual(heartbeat.look(0), { act: null, nextMs: 20000 });
  assert.deepEqual(heartbeat.look(20000), { act: "ping", nextMs: 20000 });
  assert.deepEqual(heartbeat.look(30000), { act: null, nextMs: 10000 });
  assert.equal(heartbeat.look(40000).act, "lost");
});

test("whatever comes counts as an answer", () => {
  const heartbeat = begun();
  heartbeat.look(20000);
  heartbeat.heard(21000);
  assert.deepEqual(heartbeat.look(40000), { act: null, nextMs: 1000 });
});

test("a page whose timers are held back asks before it gives up, and after a sleep it wants an answer soon", () => {
  const heartbeat = begun();
  assert.deepEqual(heartbeat.look(60_000), { act: "ping", nextMs: 5000 });
  assert.equal(heartbeat.look(65_000).act, "lost");
});

test("a doubt shortens the wait", () => {
  const heartbeat = begun();
  heartbeat.doubt(1000);
  assert.deepEqual(heartbeat.look(1000), { act: null, nextMs: 5000 });
  assert.equal(heartbeat.look(6000).act, "lost");
});

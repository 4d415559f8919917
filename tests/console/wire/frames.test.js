import assert from "node:assert/strict";
import { test } from "node:test";
import { copyText, FrameLog, MAX_FRAMES, prettyText } from "../../../realtime/static/streamer/wire/frames.js";
import { heard } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";

/** A log, and a function that lets a message pass on the connection. */
function logging() {
  const source = new EventTarget();
  const log = new FrameLog(source);
  const pass = (direction, frame) => source.dispatchEvent(new CustomEvent("frame", { detail: { direction, frame } }));
  return { log, pass };
}

test("each message is a frame, with its time, direction, type and size", (t) => {
  const time = new FakeTime(t);
  const { log, pass } = logging();
  pass("out", { action: "echo", payload: { message: "ø" } });
  pass("in", { type: "pong", timestamp: 1 });
  assert.deepEqual(
    log.all.map(({ at, direction, type, bytes }) => [at, direction, type, bytes]),
    [
      [time.ms, "out", "request", 44],
      [time.ms, "in", "pong", 29],
    ],
  );
  assert.equal(prettyText(log.all[1]), '{\n  "type": "pong",\n  "timestamp": 1\n}');
});

test("of very many frames the last are kept, and of very large ones as many as fit", () => {
  const { log, pass } = logging();
  for (let number = 1; number <= MAX_FRAMES + 5; number += 1) pass("in", { type: "progress", seq: number });
  assert.deepEqual([log.all.length, log.all[0].number, log.last], [MAX_FRAMES, 6, MAX_FRAMES + 5]);
  const large = "x".repeat(1_000_000);
  for (let number = 1; number <= 20; number += 1) pass("in", { type: "response", data: large });
  assert.equal(log.all.length, 7);
  pass("in", { type: "response", data: large.repeat(9) });
  assert.equal(log.all.length, 1, "the newest stays, however large");
  pass("in", { type: "pong" });
  assert.deepEqual(
    log.all.map((frame) => frame.type),
    ["pong"],
  );
});

test("what was cleared is gone, and the numbers go on", () => {
  const { log, pass } = logging();
  pass("in", { type: "welcome" });
  const changes = heard(log, "change");
  log.clear();
  pass("in", { type: "pong" });
  assert.deepEqual([log.all.map((frame) => frame.number), changes.length], [[2], 2]);
});

test("copied frames are a JSON object a line", (t) => {
  const time = new FakeTime(t);
  const { log, pass } = logging();
  pass("out", { type: "ping" });
  pass("in", { type: "pong" });
  const lines = copyText(log.all)
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(lines, [
    { at: new Date(time.ms).toISOString(), direction: "out", frame: { type: "ping" } },
    { at: new Date(time.ms).toISOString(), direction: "in", frame: { type: "pong" } },
  ]);
});

test("a token that passes is in no frame, whatever is done with it", () => {
  const { log, pass } = logging();
  pass("out", { type: "authenticate", token: "eyJh.eyJz.c2ln" });
  const [frame] = log.all;
  assert.equal((frame.text + prettyText(frame) + copyText(log.all)).includes("eyJ"), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ValidationFailed } from "../../dist/index.js";
import { Talk } from "../fakes/talk.js";

const rows = (number) => ({ rows: Array.from({ length: number }, () => ({ text: "[{\\" })) });
const batch = (count, payload) =>
  Array.from({ length: count }, (_, number) => ({ type: "request", action: "echo", id: String(number), payload }));

test("what the server could not read is refused before it is sent, because no answer would name it", async () => {
  const talk = new Talk().open({ frame_bytes: 2000, frame_containers: 50 });
  const submit = (payload) => talk.conversation.submit({ type: "request", action: "echo", id: "a", payload });
  assert.throws(() => submit({ text: "\ud83d" }), { name: "ValidationFailed", message: /half a character/ });
  assert.throws(() => submit({ text: "x".repeat(2000) }), { code: "PAYLOAD_TOO_LARGE", message: /of 2000 bytes/ });
  assert.throws(() => submit(rows(48)), { code: "PAYLOAD_TOO_LARGE", message: /51 of 50 containers/ });
  assert.throws(() => talk.conversation.ask({ type: "list", tag: "\udc00" }, true), ValidationFailed);
  assert.equal(talk.sent.length, 0);
  assert.equal(talk.conversation.isBusy, false);
  submit({ ...rows(47), text: "caf\u00e9 \u{1f600} \\ud83d" });
  assert.equal(talk.sentOf("request").length, 1);
});

test("a batch goes in as few messages as the server takes", () => {
  const sizes = (limits, frames) => {
    const talk = new Talk().open(limits);
    talk.conversation.submitMany(frames);
    for (const frame of talk.sent) {
      assert.ok(JSON.stringify(frame).length <= (limits.frame_bytes ?? 1 << 20));
    }
    return talk.sentOf("requests").map(({ requests }) => requests.length);
  };
  assert.deepEqual(sizes({}, batch(250, {})), [100, 100, 50]);
  assert.deepEqual(sizes({ frame_bytes: 4000 }, batch(8, { text: "x".repeat(900) })), [3, 3, 2]);
  assert.deepEqual(sizes({ frame_containers: 50 }, batch(5, rows(18))), [2, 2, 1]);
});

test("of a batch with one that cannot be sent, none is", () => {
  const talk = new Talk().open();
  const frames = [...batch(3, {}), { type: "request", action: "echo", id: "bad", payload: { text: "\ud83d" } }];
  assert.throws(() => talk.conversation.submitMany(frames), ValidationFailed);
  talk.close();
  talk.open();
  assert.equal(talk.sent.length, 0);
});

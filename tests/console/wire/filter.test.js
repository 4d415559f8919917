import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, gist, typesOf } from "../../../realtime/static/streamer/wire/filter.js";

const frame = (direction, message) => ({ direction, type: message.type, text: JSON.stringify(message) });
const sent = frame("out", { type: "list", limit: 5 });
const answer = frame("in", { type: "requests", requests: [{}, {}], note: "Ärger" });

test("a frame fits by type, direction and text, all at once", () => {
  assert.equal(fits(sent, {}), true);
  assert.equal(fits(sent, { type: "list", direction: "out", text: "LIMIT" }), true);
  assert.equal(fits(sent, { type: "list", direction: "in" }), false);
  assert.equal(fits(answer, { text: "ärger" }), true);
  assert.equal(fits(answer, { text: "limit" }), false);
});

test("the types are those that there are", () => {
  assert.deepEqual(typesOf([answer, sent, sent]), ["list", "requests"]);
});

test("a line says what a frame is about", () => {
  const requestId = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11";
  const lines = [
    { type: "progress", request_id: requestId, seq: 2, percentage: 41.7, message: "Reading" },
    { type: "error", error: { code: "NOT_FOUND", message: "Not found" } },
    { type: "subscribe", requests: [{ request_id: requestId }] },
    { type: "subscribe", topic: "requests" },
    { type: "request", action: "echo" },
    { type: "message", topic: "requests", request: { request_id: requestId, action: "echo", status: "pending" } },
    { type: "ping" },
  ].map((message) => gist(frame("in", message)));
  assert.deepEqual(lines, [
    "5f0c2b1e · #2 · 42 % Reading",
    "NOT_FOUND: Not found",
    "1 request",
    "requests",
    "echo",
    "echo · requests · 5f0c2b1e · pending",
    "",
  ]);
});

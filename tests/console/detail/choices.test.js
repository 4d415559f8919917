import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf, factsOf } from "../../../realtime/static/streamer/detail/choices.js";
import { eventText } from "../../../realtime/static/streamer/detail/events.js";
import { blank } from "../../../realtime/static/streamer/requests/record.js";

const record = (known) => blank({ requestId: "r1", payload: {}, ...known });
const offered = (known) => {
  const choices = choicesOf(record(known), true);
  return Object.keys(choices).filter((name) => choices[name]);
};

test("what runs can be cancelled, what has ended can be done again", () => {
  for (const status of ["pending", "processing", "retrying"]) assert.deepEqual(offered({ status }), ["edit", "cancel"]);
  for (const status of ["completed", "failed", "cancelled"]) assert.deepEqual(offered({ status }), ["again", "edit"]);
});

test("what the server has not stored can be sent again from here, what is on its way cannot", () => {
  assert.deepEqual(offered({ status: "sending", requestId: null }), ["edit"]);
  assert.deepEqual(offered({ status: "failed", refused: true }), ["again", "edit"]);
  assert.deepEqual(offered({ status: "completed", inline: true }), ["again", "edit"]);
});

test("what failed or was cancelled is tried again, what succeeded is run again", () => {
  const label = (known) => choicesOf(record(known), true).again;
  const labels = ["failed", "cancelled", "completed", "processing"].map((status) => label({ status }));
  assert.deepEqual(labels, ["Retry", "Retry", "Run again", null]);
});

test("the server knows what a request was sent with, unless it has none", () => {
  assert.deepEqual(offered({ status: "completed", payload: null }), ["again", "edit"]);
  assert.deepEqual(offered({ status: "failed", payload: null, refused: true }), []);
});

test("a model is offered where the server can predict", () => {
  const learned = record({ status: "completed", result: { artifacts: { model: { artifact_id: "m1" } } } });
  assert.equal(choicesOf(learned, true).model, "m1");
  assert.equal(choicesOf(learned, undefined).model, undefined);
});

test("facts leave out what has not happened", () => {
  const names = (known) => factsOf(record({ action: "echo", createdAt: 1000, ...known })).map(([name]) => name);
  assert.deepEqual(names({}), ["Request", "Action", "Sent"]);
  assert.deepEqual(names({ startedAt: 2000, finishedAt: 5000, attempt: 2 }), [
    "Request",
    "Action",
    "Sent",
    "Started",
    "Finished",
    "Took",
    "Attempts",
  ]);
  assert.deepEqual(factsOf(record({ startedAt: 2000, finishedAt: 5000 })).find(([name]) => name === "Took")[1], "3 s");
});

test("each event says in a line what it tells, and one of a new type nothing", () => {
  const texts = [
    { type: "started", attempt: 2 },
    { type: "progress", percentage: 33.3, message: "Reading" },
    { type: "partial", data: { rows: 5 } },
    { type: "retrying", attempt: 2, error: { message: "Away." } },
    { type: "error", error: { code: "TIMEOUT", message: "Too long." } },
    { type: "cancelled", mode: "before_start" },
    { type: "response", success: false },
    { type: "invented" },
  ].map(eventText);
  assert.deepEqual(texts, [
    "Attempt 2 started",
    "33 % Reading",
    '{"rows":5}',
    "Attempt 2 follows. Away.",
    "TIMEOUT: Too long.",
    "Cancelled before it started.",
    "Answered at once: failed",
    "",
  ]);
});

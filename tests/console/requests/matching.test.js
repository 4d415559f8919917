import assert from "node:assert/strict";
import { test } from "node:test";
import { noneFits } from "../../../realtime/static/streamer/requests/foot.js";
import {
  fitsServer,
  fitsText,
  NO_FILTER,
  serverFilters,
  setParts,
} from "../../../realtime/static/streamer/requests/matching.js";
import { blank } from "../../../realtime/static/streamer/requests/record.js";
import { forSeeds } from "../fakes/random.js";

const titleOf = (action) => ({ generate_report: "Report" })[action] ?? action;
const found = (text, known) =>
  fitsText(blank({ action: "generate_report", requestId: "5f0c-1", tags: ["nightly run"], ...known }), text, titleOf);

test("each word is looked for in title, action, id and tags, whatever its case", () => {
  for (const text of ["", "report", "GENERATE", "5f0c", "night report", "own name"])
    assert.equal(found(text, { title: "Own name" }), true, text);
  for (const text of ["invoice", "report invoice"]) assert.equal(found(text), false, text);
});

test("what the server is asked for and what this page shows is the same", () => {
  forSeeds(200, (random) => {
    const day = () => `2026-01-0${random.between(1, 9)}`;
    const maybe = (make) => (random.once(2) ? make() : "");
    const filter = {
      ...NO_FILTER,
      status: maybe(() => random.pick(["failed", "completed"])),
      action: maybe(() => random.pick(["a", "b"])),
      tag: maybe(() => random.pick(["x", "y"])),
      from: maybe(day),
      to: maybe(day),
    };
    const record = blank({
      status: random.pick(["failed", "completed"]),
      action: random.pick(["a", "b"]),
      tags: random.pick([[], ["x"], ["x", "y"]]),
      createdAt: new Date(2026, 0, random.between(1, 9), random.between(0, 23)).getTime(),
    });
    const { status, action, tag, createdAfter, createdBefore } = serverFilters(filter);
    const listed =
      (status ?? record.status) === record.status &&
      (action ?? record.action) === record.action &&
      (tag === undefined || record.tags.includes(tag)) &&
      (createdAfter ?? 0) * 1000 <= record.createdAt &&
      record.createdAt < (createdBefore ?? Infinity) * 1000;
    assert.equal(fitsServer(record, filter), listed);
  });
});

test("the server is asked for the words of a text", () => {
  assert.equal(serverFilters({ ...NO_FILTER, text: " night report " }).q, "night report");
  assert.equal(serverFilters({ ...NO_FILTER, text: " " }).q, undefined);
});

test("days are whole, by the clock of this machine", () => {
  const filter = { ...NO_FILTER, from: "2026-01-05", to: "2026-01-05" };
  const shown = (...time) => fitsServer(blank({ createdAt: new Date(2026, 0, ...time).getTime() }), filter);
  assert.deepEqual(
    [shown(4, 23, 59, 59), shown(5, 0, 0, 0), shown(5, 23, 59, 59), shown(6, 0, 0, 0)],
    [false, true, true, false],
  );
});

test("an empty list says what was looked for", () => {
  assert.equal(setParts(NO_FILTER), 0);
  assert.equal(noneFits({ ...NO_FILTER, status: "failed" }), "No request is failed.");
  assert.equal(noneFits({ ...NO_FILTER, tag: "x" }), "No request with the tag “x” was found.");
  assert.equal(
    noneFits({ ...NO_FILTER, text: "q1", action: "echo", to: "2026-01-01" }),
    "No request that matches “q1” of this action of these days was found.",
  );
});

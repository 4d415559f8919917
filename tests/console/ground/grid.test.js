import assert from "node:assert/strict";
import { test } from "node:test";
import { cellText, gridOf } from "../../../realtime/static/streamer/ground/grid.js";

test("without names, the columns are all that the rows have", () => {
  const { names, numeric, left } = gridOf([{ region: "north" }, { region: null, total: 5 }]);
  assert.deepEqual(names, ["region", "total"]);
  assert.deepEqual([...numeric], ["total"]);
  assert.equal(left, "");
});

test("named columns keep their order, with those that no row has", () => {
  assert.deepEqual(gridOf([{ a: 1, b: 2 }], ["b", "c", "a"]).names, ["b", "c", "a"]);
});

test("what is too much is left out, and counted", () => {
  const wide = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`c${index}`, index]));
  const { names, rows, left } = gridOf(Array.from({ length: 130 }, () => wide));
  assert.deepEqual([names.length, rows.length], [60, 100]);
  assert.equal(left, "And 30 more rows and 5 more columns.");
});

test("an empty cell has no text, and a false or a zero has", () => {
  assert.deepEqual([null, undefined, 0, false, "", { a: 1 }].map(cellText), [null, null, "0", "false", "", '{"a":1}']);
  assert.equal(cellText("x".repeat(500)).length, 301);
});

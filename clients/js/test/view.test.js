import assert from "node:assert/strict";
import { test } from "node:test";
import { BLANK, viewAfter } from "../dist/view.js";

test("a view tells how many items failed, whatever message told of the end", () => {
  const ends = [
    { type: "complete", seq: 1, result: {}, failed_items: 3, final: true },
    { type: "snapshot", seq: 1, status: "completed", result: {}, failed_items: 3, percentage: 100, message: "" },
    { type: "response", success: true, data: {}, metadata: { failed_items: 3 } },
  ];
  for (const end of ends) {
    const { status, failedItems } = viewAfter(BLANK, end);
    assert.deepEqual([status, failedItems], ["completed", 3]);
  }
  assert.equal(viewAfter(BLANK, { type: "complete", seq: 1, result: {}, final: true }).failedItems, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionStopped, errorOf } from "../dist/index.js";
import { BLANK, viewAfter, viewFailed } from "../dist/view.js";

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

test("a view that loses sight of its request keeps what it saw last, and says why", () => {
  const running = viewAfter(BLANK, { type: "progress", seq: 2, percentage: 40, message: "Reading" });
  const expired = errorOf({ code: "UNAUTHORIZED", message: "The token has expired" });
  for (const error of [expired, new ConnectionStopped(1000, "The client was closed.")]) {
    const view = viewFailed(running, error);
    assert.deepEqual([view.status, view.percentage, view.error], ["processing", 40, error]);
  }
  assert.equal(viewFailed({ ...BLANK, status: "sending" }, expired).status, "failed");
  assert.equal(viewFailed(running, errorOf({ code: "NOT_FOUND", message: "Not found" })).status, "failed");
});

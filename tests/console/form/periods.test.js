import assert from "node:assert/strict";
import { test } from "node:test";
import { presets } from "../../../realtime/static/streamer/form/periods.js";
import { forSeeds } from "../fakes/random.js";

test("periods are counted from today", () => {
  const by = Object.fromEntries(
    presets(new Date(2026, 0, 31)).map(({ label, first, last }) => [label, `${first} ${last}`]),
  );
  assert.deepEqual(by, {
    "This month": "2026-01-01 2026-01-31",
    "Last month": "2025-12-01 2025-12-31",
    "Last quarter": "2025-10-01 2025-12-31",
    "This year": "2026-01-01 2026-12-31",
    2025: "2025-01-01 2025-12-31",
    2024: "2024-01-01 2024-12-31",
    2023: "2023-01-01 2023-12-31",
  });
});

test("a period begins with the first day of a month and ends with the last", () => {
  forSeeds(300, (random) => {
    for (const { first, last } of presets(
      new Date(random.between(1990, 2100), random.between(0, 11), random.between(1, 28)),
    )) {
      assert.match(first, /-01$/);
      const [year, month, day] = last.split("-").map(Number);
      assert.equal(new Date(year, month - 1, day + 1).getDate(), 1);
      assert.ok(first < last);
    }
  });
});

/** What became of the items of a bulk, at a glance. No DOM here. */

import { count, counted, duration, words } from "../ground/format.js";
import { chartOf } from "./chart.js";
import { figure, percent, tile } from "./figures.js";

const KNOWN = new Set([
  ...["operation", "total_items", "processed", "succeeded", "failed", "skipped", "success_rate", "duration_seconds"],
  ...["items_per_second", "errors", "failures", "artifacts", "notes"],
]);

/** → a view, or null for what is no bulk; see `views.js`. */
export function bulkView(result) {
  if (typeof result?.total_items !== "number") return null;
  const { errors = {}, failures = [], failed, skipped } = result;
  return {
    tiles: [
      tile("Succeeded", count(result.succeeded), {
        note: `of ${counted(result.total_items, "item")}`,
        tone: failed || skipped ? "" : "good",
      }),
      tile("Failed", count(failed), { tone: failed ? "bad" : "" }),
      skipped ? tile("Skipped", count(skipped)) : null,
      typeof result.success_rate === "number" ? tile("Success rate", percent(result.success_rate)) : null,
      tile("Took", duration(result.duration_seconds * 1000), {
        note: result.items_per_second ? `${figure(result.items_per_second)} items a second` : "",
      }),
    ],
    charts: [errorChart(errors)],
    tables: [
      {
        title: failures.length < failed ? `First ${count(failures.length)} of ${count(failed)} failures` : "Failures",
        rows: failures.map(({ index, code, message }) => ({ item: index, code, message })),
        testid: "failures",
      },
    ],
    notes: result.notes ?? [],
    rest: {
      operation: words(result.operation),
      ...Object.fromEntries(Object.entries(result).filter(([name]) => !KNOWN.has(name))),
    },
  };
}

function errorChart(errors) {
  const rows = Object.entries(errors);
  if (rows.length < 2) return null;
  return chartOf("bar", "Failed items by error", {
    labelName: "Error",
    valueName: "Items",
    rows: rows.map(([label, items]) => ({ label, values: [items] })),
    table: rows.map(([error, items]) => ({ error, items })),
  });
}

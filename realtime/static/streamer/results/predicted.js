/** What a model predicted, at a glance. No DOM here. */

import { count, sentence, words } from "../ground/format.js";
import { chartOf } from "./chart.js";
import { tile } from "./figures.js";
import { firstRows } from "./processed.js";

/** → a view, or null for what is no prediction; see `views.js`. */
export function predictedView(result) {
  if (typeof result?.model?.task !== "string" || typeof result.rows !== "number") return null;
  const { model, rows, counts = {}, ignored_columns: ignored = [], unreadable_values: unreadable = {} } = result;
  return {
    tiles: [
      tile("Rows predicted", count(rows)),
      tile("Model", sentence(model.name), { note: words(model.task) }),
      model.target ? tile("Predicts", model.target) : null,
    ],
    charts: [countChart(counts)],
    tables: [
      { title: firstRows(result.preview, rows), rows: result.preview, testid: "preview" },
      {
        title: "Values that could not be read",
        rows: Object.entries(unreadable).map(([column, values]) => ({ column, values })),
      },
    ],
    notes: [
      ...(result.notes ?? []),
      ...(ignored.length ? [`Columns that the model does not use: ${ignored.join(", ")}.`] : []),
    ],
    rest: { scores_of_the_model: model.metrics },
  };
}

function countChart(counts) {
  const rows = Object.entries(counts).map(([label, number]) => ({ label, values: [number] }));
  if (rows.length < 2) return null;
  return chartOf("bar", "Rows of each prediction", {
    labelName: "Prediction",
    valueName: "Rows",
    rows,
    table: rows.map(({ label, values: [number] }) => ({ prediction: label, rows: number })),
  });
}

/** What a pipeline made of its rows, at a glance. No DOM here. */

import { count, cut, duration, sentence, words } from "../ground/format.js";
import { chartOf } from "./chart.js";
import { figure, measure, measured, tile } from "./figures.js";
import { compared, confusion } from "./shape.js";
import { rowChart } from "./unknown.js";

const MAX_BARS = 12;
const MAX_TYPICAL_CHARACTERS = 200;
const SHOWN = new Set([
  "importances",
  "confusion",
  "candidates",
  "classes",
  "clusters",
  "chosen_by",
  "strangest",
  "leaks",
]);

/** → a view, or null for what no pipeline made; see `views.js`. */
export function processedView(result) {
  const summary = result?.summary;
  if (typeof summary?.total_records !== "number") return null;
  const details = summary.details ?? {};
  return {
    tiles: tilesOf(summary, details),
    charts: [
      barChart(
        "Importance of each column",
        "Column",
        "Loss of score when it is shuffled",
        details.importances,
        "column",
        "importance",
      ),
      barChart("Rows in each cluster", "Cluster", "Rows", withoutTypical(details.clusters), "cluster", "rows"),
      barChart("Rows of each class in the test part", "Class", "Rows", details.classes, "class", "test_rows"),
      missingChart(summary.missing),
      // The rows of an aggregation are few, and all of them are here.
      !summary.model && result.records?.length === summary.output_records ? rowChart(null, result.records) : null,
    ],
    tables: [
      { title: "Scores, and what guessing reaches", rows: compared(summary), testid: "metrics" },
      {
        title: "Where it is right and where it is wrong",
        rows: confusion(details.confusion ?? {}),
        testid: "confusion",
      },
      { title: "Models that were tried", rows: details.candidates?.map(candidate) },
      { title: "Clusters", rows: details.clusters?.map(clusterRow) },
      { title: "Operations", rows: summary.operations?.map(operation) },
      { title: "Most unusual rows", rows: details.strangest },
      { title: firstRows(result.records, summary.output_records), rows: result.records, testid: "records" },
    ],
    notes: [...(result.notes ?? []), ...leftOut(summary.left_out)],
    rest: restOf(result, summary, details),
  };
}

/** "First 100 of 18,204 rows". */
export function firstRows(rows, all) {
  return rows?.length < all ? `First ${count(rows.length)} of ${count(all)} rows` : "Rows";
}

function tilesOf(summary, details) {
  const chosen = summary.metrics?.[details.chosen_by];
  const guess = summary.baseline?.[details.chosen_by];
  return [
    tile("Rows read", count(summary.total_records)),
    tile("Rows in the result", count(summary.output_records)),
    summary.dropped ? tile("Rows left out", count(summary.dropped)) : null,
    summary.model ? tile("Model", sentence(summary.model)) : null,
    typeof chosen === "number"
      ? tile(measure(details.chosen_by), figure(measured(chosen)), {
          note: typeof guess === "number" ? `${figure(measured(guess))} by guessing` : "",
        })
      : null,
    typeof summary.metrics?.anomalies === "number" ? tile("Anomalies", count(summary.metrics.anomalies)) : null,
    tile("Took", duration(summary.processing_time * 1000)),
  ];
}

function barChart(title, labelName, valueName, rows, label, value) {
  const known = (rows ?? []).filter((row) => typeof row[value] === "number");
  if (known.length < 2) return null;
  return chartOf("bar", known.length > MAX_BARS ? `${title}: the first ${MAX_BARS} of ${count(known.length)}` : title, {
    labelName,
    valueName,
    rows: known.slice(0, MAX_BARS).map((row) => ({ label: String(row[label]), values: [row[value]] })),
    table: rows.map((row) => (typeof row[value] === "number" ? { ...row, [value]: measured(row[value]) } : row)),
  });
}

function missingChart(missing) {
  const rows = Object.entries(missing ?? {}).map(([column, values]) => ({ column, missing_values: values }));
  const some = rows.filter((row) => row.missing_values > 0);
  return barChart("Missing values of each column", "Column", "Missing values", some, "column", "missing_values");
}

function candidate({ name, clusters, scores, converged }) {
  const figures = Object.entries(scores ?? {}).map(([metric, score]) => [measure(metric, words), scoreText(score)]);
  return {
    model: name ?? `${clusters} clusters`,
    ...Object.fromEntries(figures),
    ...(converged === false ? { note: "did not converge" } : {}),
  };
}

/** Scores of a cross-validation are a mean and a deviation, those of clusters a number. */
function scoreText(score) {
  if (typeof score === "number") return measured(score);
  if (typeof score?.mean === "number") return `${figure(measured(score.mean))} ± ${figure(measured(score.std ?? 0))}`;
  return score;
}

function withoutTypical(clusters) {
  return clusters?.map(({ cluster, rows }) => ({ cluster, rows }));
}

function clusterRow({ cluster, rows, typical }) {
  const texts = Object.entries(typical ?? {}).map(([name, value]) => `${name} ${value ?? "–"}`);
  return { cluster, rows, typical: cut(texts.join(", "), MAX_TYPICAL_CHARACTERS) };
}

function operation({ index, type, rows_before, rows_after, seconds }) {
  return {
    operation: index + 1,
    type,
    "rows before": rows_before,
    "rows after": rows_after,
    took: duration(seconds * 1000),
  };
}

function leftOut(names) {
  return names?.length ? [`The result has no room for ${names.map(words).join(", ")}.`] : [];
}

function restOf(result, summary, details) {
  const {
    columns,
    versions,
    seed,
    model_version: version,
    learned_records: learned,
    data_fingerprint: print,
  } = summary;
  const more = Object.entries(details).filter(([name]) => !SHOWN.has(name));
  const known = Object.entries({ learned_records: learned, seed, model_version: version, data_fingerprint: print });
  return {
    ...Object.fromEntries(known.filter(([, value]) => value !== null && value !== undefined)),
    ...(result.dataset ? { dataset: result.dataset } : {}),
    ...(more.length ? { learning: Object.fromEntries(more) } : {}),
    ...(columns ? { columns } : {}),
    ...(versions ? { versions } : {}),
  };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { pdfOf, viewOf } from "../../../realtime/static/streamer/results/views.js";

const tilesOf = (result) => Object.fromEntries(viewOf(result).tiles.map(({ label, value }) => [label, value]));
const titles = (list) => list.map(({ title }) => title);
const tally = (value) => ({ records: 2, total_value: value, average_value: value / 2 });

test("a report: figures with their change, a line over time, bars of each breakdown", () => {
  const result = {
    records: 18_204,
    filename: "report.pdf",
    notes: ["One source is empty."],
    stats: {
      ...tally(1234567.891),
      top_category: "books",
      by_period: [
        { period: "2025-01", ...tally(5), previous: tally(3) },
        { period: "2025-02", ...tally(7), previous: tally(4) },
      ],
      by_category: [{ category: "books", ...tally(12) }],
      by_region: ["north", "south"].map((region) => ({ region, ...tally(6) })),
      by_source: [],
      by_group: {
        columns: ["region", "category"],
        groups: [
          { group: ["north", "books"], ...tally(7) },
          { group: ["south", "books"], ...tally(5) },
        ],
      },
      compared_with: {
        first_day: "2024-01-01",
        last_day: "2024-02-29",
        changes: { records: { change_percent: 12.3 } },
      },
    },
  };
  const { tiles, charts, notes, rest, known } = viewOf(result);
  assert.deepEqual(tilesOf(result), {
    Records: "18,204",
    "Total value": "1,234,568",
    "Average value": "617,284",
    "Top category": "books",
  });
  assert.equal(tiles[0].note, "+12.3 % against the time before");
  assert.deepEqual(titles(charts), [
    "Total value over time",
    "Total value by region",
    "Total value by region, category",
  ]);
  assert.deepEqual([charts[0].kind, charts[0].series], ["line", ["Total value", "The time before"]]);
  assert.deepEqual(charts[2].rows[0], { label: "north · books", values: [7] });
  assert.deepEqual(charts[2].table[0], {
    ...{ region: "north", category: "books" },
    ...{ records: 2, "total value": 7, "average value": 3.5 },
  });
  assert.deepEqual([notes, known, rest.compared_with], [["One source is empty."], true, "2024-01-01 to 2024-02-29"]);
});

test("a pipeline that learns: its score beside the guess, importances, confusion, the first rows", () => {
  const result = {
    summary: {
      pipeline: "classification",
      total_records: 150,
      output_records: 150,
      dropped: 0,
      processing_time: 3.21,
      model: "logistic_regression",
      metrics: { accuracy: 0.9667 },
      baseline: { accuracy: 0.3333 },
      details: {
        chosen_by: "accuracy",
        importances: [
          { column: "petal", importance: 0.4 },
          { column: "sepal", importance: -0.01 },
        ],
        confusion: {
          classes: ["a", "b"],
          counts: [
            [5, 1],
            [0, 4],
          ],
        },
        candidates: [{ name: "forest", scores: { accuracy: { mean: 0.95, std: 0.02 } }, converged: true }],
      },
      left_out: ["versions"],
    },
    records: [{ petal: 1, prediction: "a" }],
    notes: [],
  };
  const { tiles, charts, tables, notes } = viewOf(result);
  assert.deepEqual(tilesOf(result), {
    "Rows read": "150",
    "Rows in the result": "150",
    Model: "Logistic regression",
    Accuracy: "0.9667",
    Took: "3.2 s",
  });
  assert.equal(tiles[3].note, "0.3333 by guessing");
  assert.deepEqual(titles(charts), ["Importance of each column"]);
  assert.deepEqual(titles(tables), [
    "Scores, and what guessing reaches",
    "Where it is right and where it is wrong",
    "Models that were tried",
    "First 1 of 150 rows",
  ]);
  assert.deepEqual(tables[2].rows, [{ model: "forest", accuracy: "0.95 ± 0.02" }]);
  assert.deepEqual(notes, ["The result has no room for versions."]);
});

test("measures have the names that people know, and digits that tell something", () => {
  const summary = {
    ...{ total_records: 400, output_records: 400, dropped: 0, processing_time: 1, model: "ridge regression" },
    metrics: { r2: 0.998712, mse: 1234567.891, rmse: 1111.111111, roc_auc: 0.5 },
    baseline: { r2: -0.001234, mse: 2_000_000.5, rmse: 1414.2137, roc_auc: null },
    details: {
      chosen_by: "r2",
      importances: [
        { column: "area", importance: 0.123456789 },
        { column: "rooms", importance: 0 },
      ],
      candidates: [{ name: "ridge", scores: { r2: { mean: 0.99, std: 0.001 }, davies_bouldin: 0.123456 } }],
    },
  };
  const { tiles, charts, tables } = viewOf({ summary, records: [], notes: [] });
  assert.equal(tilesOf({ summary, records: [] })["R²"], "0.9987");
  assert.equal(tiles.find(({ label }) => label === "R²").note, "−0.0012 by guessing");
  assert.deepEqual(tables[0].rows, [
    { metric: "R²", reached: 0.9987, baseline: -0.0012 },
    { metric: "Mean squared error", reached: 1_234_568, baseline: 2_000_001 },
    { metric: "RMSE", reached: 1111.11, baseline: 1414.21 },
    { metric: "ROC AUC", reached: 0.5, baseline: null },
  ]);
  assert.deepEqual(tables[1].rows, [{ model: "ridge", "R²": "0.99 ± 0.001", "Davies–Bouldin": 0.1235 }]);
  assert.deepEqual(charts[0].table[0], { column: "area", importance: 0.1235 });
});

test("a transformation: operations, missing values, rows", () => {
  const summary = {
    ...{
      total_records: 10,
      output_records: 4,
      dropped: 6,
      processing_time: 0.05,
      model: null,
      metrics: {},
      baseline: {},
    },
    missing: { a: 0, b: 2, c: 1 },
    operations: [{ index: 0, type: "filter", rows_before: 10, rows_after: 4, seconds: 0.012 }],
  };
  const { charts, tables } = viewOf({ summary, records: [{ a: 1 }], notes: [] });
  assert.deepEqual(tilesOf({ summary, records: [] }).Took, "50 ms");
  assert.deepEqual(
    charts[0].rows.map(({ label }) => label),
    ["b", "c"],
  );
  assert.deepEqual(tables[0].rows, [
    { operation: 1, type: "filter", "rows before": 10, "rows after": 4, took: "12 ms" },
  ]);
});

test("the few rows of an aggregation are a chart", () => {
  const records = ["Oslo", "Turku"].map((town, at) => ({ town, sum_amount: at + 1 }));
  const summary = { total_records: 100, output_records: 2, dropped: 0, processing_time: 1, model: null };
  assert.deepEqual(titles(viewOf({ summary, records }).charts), ["Sum amount by town"]);
  assert.deepEqual(viewOf({ summary: { ...summary, output_records: 200 }, records }).charts, []);
});

test("a prediction: how many rows got which, and what the model did not use", () => {
  const result = {
    model: { name: "forest", task: "classification", target: "species", metrics: { accuracy: 0.9 } },
    rows: 12_000,
    counts: { setosa: 7000, virginica: 5000 },
    ignored_columns: ["note"],
    unreadable_values: { petal: 3 },
    preview: [{ petal: 1 }],
    notes: [],
  };
  const { charts, tables, notes } = viewOf(result);
  assert.deepEqual(tilesOf(result), { "Rows predicted": "12,000", Model: "Forest", Predicts: "species" });
  assert.deepEqual(charts[0].rows[0], { label: "setosa", values: [7000] });
  assert.deepEqual(titles(tables), ["First 1 of 12,000 rows", "Values that could not be read"]);
  assert.deepEqual(notes, ["Columns that the model does not use: note."]);
});

test("a bulk with failures: what failed stands out, by error and item by item", () => {
  const result = {
    ...{ operation: "update", total_items: 100, processed: 100, succeeded: 97, failed: 3, skipped: 0 },
    ...{ success_rate: 0.97, duration_seconds: 65, items_per_second: 1.5, artifacts: {}, notes: [] },
    errors: { NOT_FOUND: 2, VALIDATION_ERROR: 1 },
    failures: [{ index: 4, code: "NOT_FOUND", message: "No such product" }],
  };
  const { tiles, charts, tables } = viewOf(result);
  assert.deepEqual(tilesOf(result), { Succeeded: "97", Failed: "3", "Success rate": "97 %", Took: "1 min 5 s" });
  assert.deepEqual(
    tiles.map(({ tone }) => tone),
    ["", "bad", "", ""],
  );
  assert.deepEqual(titles(charts), ["Failed items by error"]);
  assert.deepEqual(tables[0], {
    title: "First 1 of 3 failures",
    rows: [{ item: 4, code: "NOT_FOUND", message: "No such product" }],
    testid: "failures",
  });
});

test("health: each part says whether it answers", () => {
  const parts = {
    database: { ok: true, milliseconds: 0.4, vendor: "sqlite" },
    workers: { ok: false, alive: 0, queues_without_worker: ["ml"] },
  };
  const { tiles, notes } = viewOf({ status: "degraded", parts, circuits: { redis: "half_open" } });
  assert.deepEqual(
    tiles.map(({ value, tone }) => [value, tone]),
    [
      ["Requests wait", "bad"],
      ["Answers", "good"],
      ["Does not answer", "bad"],
    ],
  );
  assert.deepEqual([tiles[1].note, tiles[2].note], ["sqlite · 1 ms", "0 alive"]);
  assert.deepEqual(notes, ["No worker serves ml."]);
});

test("a shape like no other: numbers are tiles in their unit, rows of numbers charts, the rest is told in parts", () => {
  const result = {
    rows: 18_204,
    took_seconds: 65,
    size_bytes: 482_133,
    customer_id: 7,
    city: "Vienna",
    notes: ["Read me."],
    by_day: [
      { day: "2025-01-01", sales: 3 },
      { day: "2025-01-02", sales: 5 },
    ],
    counts: { red: 3, blue: 4 },
    mixed: [{ a: 1 }, { b: 2 }],
  };
  const { charts, notes, rest, known } = viewOf(result);
  assert.deepEqual(tilesOf(result), { Rows: "18,204", Took: "1 min 5 s", Size: "482 kB" });
  assert.deepEqual(
    charts.map(({ title, kind }) => [title, kind]),
    [
      ["By day", "line"],
      ["Counts", "bar"],
    ],
  );
  assert.deepEqual([Object.keys(rest), notes, known], [["customer_id", "city", "mixed"], ["Read me."], false]);
});

test("anything else is shown too: texts, lists, what only looks like something known", () => {
  assert.deepEqual(viewOf("done").rest, { result: "done" });
  assert.deepEqual(viewOf([1, 2]).rest, { rows: [1, 2] });
  assert.equal(viewOf({ stats: { total_value: 1, by_period: "none" }, records: 1 }).known, false);
  assert.equal(viewOf({ status: "ok" }).known, false);
  assert.deepEqual(viewOf({}).tiles, []);
});

test("the PDF is found among the files, by its type or its name", () => {
  const pdf = { url: "/a", filename: "report.bin", media_type: "application/pdf" };
  assert.equal(pdfOf({ artifacts: [{ url: "/b", filename: "rows.csv", media_type: "text/csv" }, pdf] }), pdf);
  assert.equal(pdfOf({ result: { url: "/c", filename: "Report.PDF" } }).url, "/c");
  assert.equal(pdfOf({ result: { rows: 1 } }), undefined);
});

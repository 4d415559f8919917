import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, isEmpty, partsOf } from "../../../realtime/static/streamer/results/shape.js";

const kinds = (object) => partsOf(object).map(({ kind, name }) => [kind, name]);
const part = (object, wanted) => partsOf(object).find(({ name }) => name === wanted);

test("plain values come first, then what is nested, then rows", () => {
  const result = {
    rows_by_region: [{ region: "north" }],
    summary: { total: 1 },
    rows: 5,
    nothing: null,
    none: [],
    empty: {},
  };
  assert.deepEqual(kinds(result), [
    ["facts", undefined],
    ["object", "summary"],
    ["table", "rows_by_region"],
  ]);
});

test("facts have readable names, and codes stay as they are", () => {
  const [facts] = partsOf({ by_region: true, WORKER_LOST: 3, long: "x".repeat(400) });
  assert.deepEqual(facts.rows.slice(0, 2), [
    ["By region", "yes"],
    ["WORKER_LOST", "3"],
  ]);
  assert.deepEqual(partsOf({ r2: 0.98765432 })[0].rows, [["R²", "0.9877"]]);
  assert.equal(facts.rows[2][1].length, 301);
});

test("scores stand beside what the simplest guess would have", () => {
  const result = { metrics: { mean_error: 0.123456, labels: ["a"] }, baseline: { mean_error: 2 } };
  assert.deepEqual(kinds(result), [["metrics", "metrics"]]);
  assert.deepEqual(part(result, "metrics").rows, [{ metric: "Mean error", reached: 0.1235, baseline: 2 }]);
});

test("scores that nothing can be compared with are an object like any other", () => {
  assert.deepEqual(kinds({ metrics: { accuracy: 0.9 } }), [["object", "metrics"]]);
  assert.deepEqual(kinds({ metrics: { accuracy: 0.9 }, baseline: { recall: "?" } }), [
    ["object", "metrics"],
    ["object", "baseline"],
  ]);
});

test("a confusion matrix is a table of how often each class was taken for each other", () => {
  const confusion = { classes: ["no", "yes"], counts: [[5, 1], [2]] };
  assert.deepEqual(part({ confusion }, "confusion").rows, [
    { truly: "no", "predicted no": 5, "predicted yes": 1 },
    { truly: "yes", "predicted no": 2, "predicted yes": undefined },
  ]);
  assert.equal(part({ confusion: { classes: ["no"], counts: [] } }, "confusion").kind, "object");
});

test("files show themselves, so they are left out", () => {
  const file = { url: "/f", filename: "a.pdf", size_bytes: 5 };
  assert.deepEqual(kinds({ output: file, artifacts: { model: file }, rows: 1 }), [["facts", undefined]]);
  assert.deepEqual(partsOf({ ...file, pages: 3 })[0].rows, [["Pages", "3"]]);
});

test("a list of plain values is one line, a list of mixed ones too", () => {
  assert.equal(part({ names: ["a", 1, null, { b: 2 }] }, "names").text, 'a, 1, null, {"b":2}');
});

test("what holds nothing is empty, and a zero holds something", () => {
  assert.deepEqual([null, undefined, {}, 0, "", [], { a: 1 }].map(isEmpty), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.equal(brief({ a: "x".repeat(400) }).length, 301);
});

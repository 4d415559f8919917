import assert from "node:assert/strict";
import { test } from "node:test";
import {
  badge,
  emptyCells,
  factsLine,
  factsOf,
  quotaOf,
  wordFor,
} from "../../../realtime/static/streamer/datasets/facts.js";

const GB = 1000 ** 3;
const columns = [{ name: "town" }, { name: "amount" }];
const dataset = {
  kind: "dataset",
  name: "orders",
  rows: 100,
  columns,
  size_bytes: 2048,
  expires_at: null,
  format: "csv",
};

test("how much of the quota is used and left", () => {
  assert.equal(quotaOf({ usedBytes: 0, quotaBytes: 10 * GB }).text, "0 B used of 10 GB; 10 GB left");
  assert.deepEqual(quotaOf({ usedBytes: 5 * GB, quotaBytes: null }), {
    text: "5 GB used",
    percent: null,
    nearlyFull: false,
  });
  assert.deepEqual(quotaOf({ usedBytes: 5 * GB, quotaBytes: 10 * GB }).percent, 50);
});

test("a quota that was lowered below what is used is full, and has nothing left", () => {
  const { text, percent, nearlyFull } = quotaOf({ usedBytes: 12 * GB, quotaBytes: 10 * GB });
  assert.deepEqual([text, percent, nearlyFull], ["12 GB used of 10 GB; 0 B left", 100, true]);
});

test("a quota warns above nine tenths", () => {
  assert.equal(quotaOf({ usedBytes: 90, quotaBytes: 100 }).nearlyFull, false);
  assert.equal(quotaOf({ usedBytes: 91, quotaBytes: 100 }).nearlyFull, true);
});

test("types of columns have the names that people use", () => {
  const words = [
    "BIGINT",
    "UINTEGER",
    "TINYINT",
    "DECIMAL(18,2)",
    "DOUBLE",
    "VARCHAR",
    "TIMESTAMP WITH TIME ZONE",
    "BLOB",
    "DOUBLE[]",
    "STRUCT(a BIGINT)",
    "TIME",
    "UUID",
  ];
  assert.deepEqual(words.map(wordFor), [
    "whole number",
    "whole number",
    "whole number",
    "number",
    "number",
    "text",
    "date and time",
    "bytes",
    "list",
    "nested values",
    "time of day",
    "uuid",
  ]);
});

test("empty cells are counted, and a share below one percent is not called none", () => {
  assert.equal(emptyCells(0, 1000), "none");
  assert.equal(emptyCells(1, 1000), "1 (under 1 %)");
  assert.equal(emptyCells(500, 1000), "500 (50 %)");
});

test("a line in the list, for datasets and for sources", () => {
  assert.deepEqual([badge(dataset), badge({ kind: "source" })], ["csv", "source"]);
  assert.equal(factsLine(dataset), "100 rows · 2 columns · 2 kB · for ever");
  assert.equal(factsLine({ ...dataset, rows: 1, columns: [{ name: "town" }] }), "1 row · 1 column · 2 kB · for ever");
  assert.equal(factsLine({ kind: "source", name: "sales", label: "All sales" }), "All sales");
  assert.equal(factsLine({ kind: "source", name: "sales", label: "sales" }), "Registered");
});

test("a source has few facts, a dataset all of them", () => {
  const names = (about) => factsOf(about).map(([name]) => name);
  assert.deepEqual(names({ kind: "source", columns }), ["Kind", "Columns"]);
  const facts = factsOf({ ...dataset, uploaded_bytes: 4096, created_at: "2026-01-01T00:00:00Z", user_id: "alice" });
  const byName = Object.fromEntries(facts);
  assert.equal(byName.Size, "2 kB stored, 4.1 kB uploaded");
  assert.equal(byName.Kept, "for ever");
  assert.equal(byName.By, "alice");
});

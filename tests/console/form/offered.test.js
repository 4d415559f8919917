import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOption, datasetOption, offered } from "../../../realtime/static/streamer/form/offered.js";
import { FakeTime } from "../fakes/time.js";

test("a text finds what begins with it first, then what has it, in descriptions too", () => {
  const options = [
    { value: "unit_price", about: "number" },
    { value: "price", about: "number" },
    { value: "town", about: "text" },
  ];
  const values = (text) => offered(options, text).map(({ value }) => value);
  assert.deepEqual(values("PRICE"), ["price", "unit_price"]);
  assert.deepEqual(values("text"), ["town"]);
  assert.deepEqual(values(" "), ["unit_price", "price", "town"]);
  assert.deepEqual(values("zebra"), []);
  const named = [{ value: "echo_async", label: "Echo async", about: "echo_async" }];
  assert.deepEqual(offered(named, "echo a"), named);
});

test("a dataset says its rows, columns and age, a source its label, a column its type", (t) => {
  const time = new FakeTime(t);
  const createdAt = time.ms / 1000 - 7200;
  const flats = { kind: "dataset", name: "flats", rows: 18204, columns: [{}, {}], created_at: createdAt };
  assert.deepEqual(datasetOption(flats), { value: "flats", about: "18,204 rows · 2 columns · 2 h old" });
  const source = { kind: "source", name: "sample", label: "Sample orders" };
  assert.deepEqual(datasetOption(source), { value: "sample", about: "Sample orders · source" });
  assert.deepEqual(columnOption({ name: "rent", type: "BIGINT" }), { value: "rent", about: "whole number" });
});

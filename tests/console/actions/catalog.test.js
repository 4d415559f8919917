import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "../../../realtime/static/streamer/actions/catalog.js";
import { matching } from "../../../realtime/static/streamer/actions/search.js";

const ACTIONS = [
  { action: "process_data", description: "Put rows through a pipeline" },
  {
    action: "generate_report",
    title: "A report",
    schema: { properties: { format: { default: "pdf" }, filters: { default: {} } } },
  },
  { action: "echo" },
];

async function loaded() {
  const catalog = new Catalog({ actions: async () => ({ actions: ACTIONS, sources: null }) });
  await catalog.load();
  return catalog;
}

test("actions are listed by the titles that people see", async () => {
  const catalog = await loaded();
  assert.deepEqual(
    catalog.actions.map((action) => catalog.titleOf(action)),
    ["A report", "Echo", "Process data"],
  );
  assert.deepEqual(catalog.sources, []);
});

test("an action that the server no longer offers still has a readable name", async () => {
  assert.equal((await loaded()).titleOf("old_action"), "Old action");
});

test("of a payload, only what was chosen is worth showing", async () => {
  const catalog = await loaded();
  assert.deepEqual(catalog.chosen("generate_report", { format: "csv", filters: {}, start: "2025" }), {
    format: "csv",
    start: "2025",
  });
  assert.deepEqual(catalog.chosen("unknown", { a: 1 }), { a: 1 });
  assert.deepEqual(catalog.chosen("echo", null), {});
});

test("an action is found by its name, title or description, in any case", () => {
  const found = (text) => matching(ACTIONS, text).map((action) => action.action);
  assert.deepEqual(found("  PIPE "), ["process_data"]);
  assert.deepEqual(found("report"), ["generate_report"]);
  assert.deepEqual(found("_"), ["process_data", "generate_report"]);
  assert.equal(found("").length, 3);
  assert.deepEqual(found("nothing like it"), []);
  assert.deepEqual(found("undefined"), []);
});

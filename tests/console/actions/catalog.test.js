import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "../../../realtime/static/streamer/actions/catalog.js";
import { inGroups } from "../../../realtime/static/streamer/actions/groups.js";
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

test("every word that is typed must be found, in the titles of examples too", () => {
  const actions = [{ action: "generate_report", group: "Reports", examples: [{ title: "A report on a year" }] }];
  assert.equal(matching(actions, "year report").length, 1);
  assert.equal(matching(actions, "year chart").length, 0);
});

test("actions stand in the groups of their handlers, and what serves to try the service comes last", () => {
  const actions = [["echo", "Service"], ["count_words"], ["zip", "Data"], ["report", "Reports"]];
  const groups = inGroups(actions.map(([action, group]) => ({ action, group })));
  assert.deepEqual(
    groups.map(({ name, actions: inside }) => [name, inside.map(({ action }) => action)]),
    [
      ["Data", ["zip"]],
      ["Reports", ["report"]],
      ["", ["count_words"]],
      ["Service", ["echo"]],
    ],
  );
});

test("an action that serves the form of another is not listed", async () => {
  const actions = [
    { action: "echo", listed: true, examples: [{ title: "Say hello", payload: {} }] },
    { action: "preview", listed: false },
  ];
  const catalog = new Catalog({ actions: async () => ({ actions }) });
  await catalog.load();
  assert.deepEqual(
    catalog.actions.map(({ action }) => action),
    ["echo"],
  );
  assert.deepEqual(catalog.examples, [{ action: "echo", title: "Say hello", payload: {} }]);
});

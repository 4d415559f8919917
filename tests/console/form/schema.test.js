import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFields } from "../../../realtime/static/streamer/form/schema/fields.js";

/** The one field that a property of a schema makes. */
function field(property, definitions = {}) {
  return describeFields({ properties: { it: property }, $defs: definitions })[0];
}

test("fields keep the order of the schema, and know whether they are required and what stands for nothing", () => {
  const fields = describeFields({
    required: ["start"],
    properties: { start: { type: "string", format: "date" }, limit: { type: "integer", default: 0 } },
  });
  assert.deepEqual(
    fields.map(({ name, kind, required, hasDefault, default: standard }) => [
      name,
      kind,
      required,
      hasDefault,
      standard,
    ]),
    [
      ["start", "date", true, false, undefined],
      ["limit", "integer", false, true, 0],
    ],
  );
});

test("a schema without properties makes a form without fields", () => {
  assert.deepEqual(describeFields(undefined), []);
  assert.deepEqual(describeFields({ type: "object" }), []);
});

test("each type has its kind of control", () => {
  const kinds = {
    text: { type: "string" },
    date: { type: "string", format: "date" },
    datetime: { type: "string", format: "date-time" },
    source: { type: "string", format: "streamer-source" },
    dataset: { type: "string", format: "streamer-dataset" },
    column: { type: "string", format: "streamer-column" },
    integer: { type: "integer" },
    number: { type: "number" },
    switch: { type: "boolean" },
    choice: { enum: ["pdf", "csv"] },
    choices: { type: "array", items: { enum: ["a", "b"] } },
    list: { type: "array", items: { type: "number" } },
    object: { type: "object", properties: { inner: { type: "string" } } },
    json: { type: "object" },
    map: { type: "object", additionalProperties: { type: "string" } },
    anything: {},
    values: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    either: { anyOf: [{ type: "string" }, { type: "object", properties: {} }] },
  };
  for (const [kind, property] of Object.entries(kinds)) assert.equal(field(property).kind, kind);
  assert.equal(field({ type: "array", items: { type: "object" } }).kind, "rows");
  assert.deepEqual(field({ anyOf: [{ type: "string" }, { type: "integer" }] }).accepts, ["string", "integer"]);
  assert.equal(field({ anyOf: [{ type: "integer" }, { type: "number" }, { type: "null" }] }).kind, "number");
  const named = { anyOf: [{ type: "string" }, { $ref: "#/$defs/Table" }] };
  const { kind, item } = field({ type: "array", items: named }, { Table: { type: "object", properties: {} } });
  assert.deepEqual([kind, item().kind], ["list", "either"]);
  assert.deepEqual(field({ const: "fixed" }).options, ["fixed"]);
});

test("whatever may be null is nullable, and has the kind of what else it may be", () => {
  const about = ({ kind, nullable }) => [kind, nullable];
  assert.deepEqual(about(field({ anyOf: [{ type: "integer" }, { type: "null" }] })), ["integer", true]);
  assert.deepEqual(about(field({ type: ["string", "null"] })), ["text", true]);
  assert.deepEqual(about(field({ type: "integer" })), ["integer", false]);
  // A switch has no third state.
  const maybe = field({ anyOf: [{ type: "boolean" }, { type: "null" }] });
  assert.deepEqual([maybe.kind, maybe.options], ["choice", [true, false]]);
});

test("references are followed, into lists and objects too", () => {
  const definitions = {
    Format: { enum: ["pdf", "csv"] },
    Window: { type: "object", properties: { days: { type: "integer" } } },
  };
  assert.deepEqual(field({ $ref: "#/$defs/Format" }, definitions).options, ["pdf", "csv"]);
  assert.deepEqual(field({ allOf: [{ $ref: "#/$defs/Format" }], default: "csv" }, definitions).default, "csv");
  assert.equal(field({ type: "array", items: { $ref: "#/$defs/Format" } }, definitions).kind, "choices");
  const [days] = field({ anyOf: [{ $ref: "#/$defs/Window" }, { type: "null" }] }, definitions).fields;
  assert.deepEqual([days.name, days.kind], ["days", "integer"]);
  assert.equal(field({ $ref: "#/$defs/a~1b" }, { "a/b": { type: "number" } }).kind, "number");
});

test("one of several kinds of object, told apart by a property", () => {
  const variant = (name) => ({
    type: "object",
    properties: { type: { const: name }, [`of_${name}`]: { type: "string" } },
  });
  const definitions = { File: variant("file"), Table: variant("table") };
  const mapping = { file: "#/$defs/File", table: "#/$defs/Table" };
  const source = field({ oneOf: [], discriminator: { propertyName: "type", mapping } }, definitions);
  assert.equal(source.kind, "variants");
  assert.deepEqual(
    source.variants.map(({ key, fields }) => [key, fields.map((inner) => inner.name)]),
    [
      ["file", ["of_file"]],
      ["table", ["of_table"]],
    ],
  );
  assert.equal(field({ oneOf: [], discriminator: { propertyName: "type" } }).kind, "json");
});

test("a title made by a machine reads as a sentence, one that somebody wrote stays", () => {
  assert.equal(describeFields({ properties: { start_date: { title: "Start Date" } } })[0].title, "Start date");
  assert.equal(describeFields({ properties: { start_date: { title: "From" } } })[0].title, "From");
  assert.equal(describeFields({ properties: { start_date: {} } })[0].title, "Start date");
});

test("a kind that has kinds itself is spread out, under its name", () => {
  const model = (functions) => ({
    type: "object",
    properties: { type: { const: "transform" }, function: { enum: functions }, column: { type: "string" } },
  });
  const definitions = {
    Text: model(["upper", "lower"]),
    Limit: { type: "object", properties: { type: { const: "limit" }, rows: { type: "integer" } } },
  };
  const inner = {
    oneOf: [],
    discriminator: { propertyName: "function", mapping: { upper: "#/$defs/Text", lower: "#/$defs/Text" } },
    "x-form": { choices: { upper: "Upper case" } },
  };
  const mapping = { limit: "#/$defs/Limit", transform: inner };
  const labels = { choices: { transform: "Change a column" } };
  const { variants } = field(
    { oneOf: [], discriminator: { propertyName: "type", mapping }, "x-form": labels },
    definitions,
  );
  const about = ({ key, label, section, consts, fields }) => [
    key,
    label,
    section,
    consts,
    fields.map(({ name }) => name),
  ];
  assert.deepEqual(variants.map(about), [
    ["limit", "Limit", undefined, { type: "limit" }, ["rows"]],
    ["transform.upper", "Upper case", "Change a column", { type: "transform", function: "upper" }, ["column"]],
    ["transform.lower", "Lower", "Change a column", { type: "transform", function: "lower" }, ["column"]],
  ]);
});

test("a model that holds itself is described as far as it is looked into", () => {
  const definitions = {
    Condition: {
      type: "object",
      properties: { column: { type: "string" }, and: { type: "array", items: { $ref: "#/$defs/Condition" } } },
    },
  };
  const { fields } = field({ $ref: "#/$defs/Condition" }, definitions);
  const inner = fields[1].item();
  assert.deepEqual([fields[1].kind, inner.kind, inner.fields[1].kind], ["list", "object", "list"]);
});

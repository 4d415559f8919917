import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFields } from "../../../realtime/static/streamer/form/schema/fields.js";
import { hintsOf, labelOf, meets, meetsSome } from "../../../realtime/static/streamer/form/schema/hints.js";

test("what a handler says of a field goes before what the schema says", () => {
  const form = {
    label: "Until",
    help: "The last day.",
    placeholder: "2025-12-31",
    group: "Details",
    widget: "textarea",
  };
  const [field] = describeFields({
    properties: { end: { type: "string", title: "End", description: "x", "x-form": form } },
  });
  const { title, description, placeholder, section, widget } = field;
  assert.deepEqual(
    [title, description, placeholder, section, widget],
    ["Until", "The last day.", "2025-12-31", "Details", "textarea"],
  );
});

test("a model has hints of its own, which those of the field that holds it go before", () => {
  const root = {
    $defs: { Output: { type: "object", properties: {}, "x-form": { label: "Output", group: "More" } } },
    properties: { output: { $ref: "#/$defs/Output", "x-form": { label: "File" } } },
  };
  const [{ title, section }] = describeFields(root);
  assert.deepEqual([title, section], ["File", "More"]);
});

test("fields come by their order, those of one number as they are written", () => {
  const properties = { a: {}, b: { "x-form": { order: -1 } }, c: {} };
  assert.deepEqual(
    describeFields({ properties }).map(({ name }) => name),
    ["b", "a", "c"],
  );
});

test("no wrong hint breaks a form", () => {
  const wrong = [
    null,
    5,
    "text",
    [],
    { label: 5, help: {}, choices: [], widget: "no such", show_when: "x", order: "1" },
  ];
  for (const form of wrong) {
    const hints = hintsOf({ "x-form": form });
    assert.deepEqual(
      [hints.label, hints.help, hints.widget, hints.order, meets(hints.showWhen, () => 1)],
      [undefined, undefined, undefined, 0, true],
    );
    assert.equal(labelOf(hints, "by_region"), "By region");
  }
});

test("a value is called as the handler says, else by its name in plain words", () => {
  const field = { choices: { pdf: "PDF document", true: "On", empty: "" } };
  const labels = ["pdf", true, false, "by_day", "empty", "constructor"].map((value) => labelOf(field, value));
  assert.deepEqual(labels, ["PDF document", "On", "No", "By day", "Empty", "Constructor"]);
});

test("a condition names one value or several, and all conditions must hold", () => {
  const scope = (name) => ({ pipeline: "regression", charts: true })[name];
  assert.equal(meets({ pipeline: ["classification", "regression"] }, scope), true);
  assert.equal(meets({ pipeline: "regression", charts: false }, scope), false);
  assert.equal(meets({}, scope), true);
  assert.equal(meetsSome({}, scope), false);
  assert.equal(meetsSome({ charts: true }, scope), true);
});

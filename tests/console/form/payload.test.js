import assert from "node:assert/strict";
import { test } from "node:test";
import {
  collect,
  everyFits,
  exact,
  faultAt,
  groupOf,
  isBlank,
  scopeOf,
  settle,
  startValue,
} from "../../../realtime/static/streamer/form/payload.js";
import { describeFields } from "../../../realtime/static/streamer/form/schema/fields.js";
import { fitsVariant, pathInVariant } from "../../../realtime/static/streamer/form/schema/variants.js";
import { inputText, readInput } from "../../../realtime/static/streamer/form/values.js";
import { forSeeds } from "../fakes/random.js";

const REPORT = {
  required: ["start_date"],
  properties: {
    start_date: { type: "string", format: "date" },
    limit: { type: "integer", default: 10, minimum: 1 },
    note: { type: "string", default: "as usual" },
    seed: { anyOf: [{ type: "integer" }, { type: "null" }], default: 42 },
    window: {
      type: "object",
      properties: { days: { type: "integer", default: 7 }, zone: { type: "string" } },
    },
  },
};

/** The control of a field, with a text in place of an input. */
class TextControl {
  #field;
  #input = { value: "", validity: { badInput: false } };

  constructor(field) {
    this.#field = field;
  }

  type(text) {
    this.#input.value = text;
  }

  read() {
    return readInput(this.#field, this.#input);
  }

  write(value) {
    this.#input.value = inputText(this.#field, value);
  }
}

/** A row as the form has it, without what draws it. */
class Row {
  fault = "";

  constructor(field) {
    this.field = field;
    this.inner = field.kind === "object" ? field.fields.map((one) => new Row(one)) : [];
    this.control = field.kind === "object" ? this.#group() : new TextControl(field);
  }

  #group() {
    return {
      ...groupOf(() => this.inner),
      write: (value) => this.inner.forEach((row) => row.write(value ?? {})),
    };
  }

  get faulty() {
    return this.fault !== "" || (this.control.isFaulty?.() ?? false);
  }

  write(payload) {
    this.control.write(startValue(this.field, payload));
  }

  read(complain) {
    return settle(this.field, this.control.read(complain));
  }

  fits(value) {
    return this.control.fits?.(value) ?? true;
  }

  take(fault) {
    const at = faultAt(this.field, fault);
    if (!at) return false;
    if (!(at.inner && this.control.take?.({ path: at.inner, message: fault.message }))) this.fault = at.text;
    return true;
  }

  showFault(text) {
    if (text === "") this.control.clear?.();
    this.fault = text;
  }
}

/** The rows of a form with a payload in it, and by name. */
function form(schema, payload = {}) {
  const rows = describeFields(schema).map((field) => new Row(field));
  rows.forEach((row) => row.write(payload));
  return { rows, row: Object.fromEntries(rows.map((row) => [row.field.name, row])) };
}

test("a new form shows the defaults and sends them, and asks for what is required", () => {
  const { rows, row } = form(REPORT);
  const { value, faulty } = collect(rows, { complain: true });
  assert.deepEqual([value, faulty], [{ limit: 10, note: "as usual", seed: 42 }, true]);
  assert.equal(row.start_date.fault, "This is required.");
  row.start_date.control.type("2025-01-01");
  assert.equal(collect(rows).faulty, false);
});

test("faults are shown when the form is sent, not while it is a draft", () => {
  const { rows, row } = form(REPORT);
  row.limit.control.type("0");
  assert.equal(collect(rows).faulty, true);
  assert.equal(row.limit.fault, "");
  collect(rows, { complain: true });
  assert.equal(row.limit.fault, "This must be at least 1.");
});

test("a payload that is written into the form comes back from it", () => {
  forSeeds(300, (random) => {
    const payload = {
      start_date: `2025-01-${random.between(10, 28)}`,
      limit: random.between(1, 99),
      note: random.pick(["", "spring", "as usual"]),
      seed: random.pick([null, 0, 7]),
    };
    if (random.once(2)) payload.window = { days: random.between(8, 20), ...(random.once(2) ? { zone: "UTC" } : {}) };
    const { rows } = form(REPORT, payload);
    assert.deepEqual(collect(rows), { value: payload, faulty: false });
    assert.equal(everyFits(rows, payload), true);
  });
});

test("a default that was emptied is sent as empty, or it would come back", () => {
  const { rows, row } = form(REPORT, { start_date: "2025-01-01" });
  for (const name of ["limit", "note", "seed"]) row[name].control.type("");
  assert.deepEqual(collect(rows).value, { start_date: "2025-01-01", note: "", seed: null });
});

test("what is required and may be null is null when it is empty", () => {
  assert.deepEqual(settle({ required: true, nullable: true }, {}), { value: null });
  assert.deepEqual(settle({ required: true, nullable: false }, {}), { fault: "This is required." });
  assert.deepEqual(settle({ required: true }, { value: false }), { value: false });
});

test("a group of nothing but defaults is left out, and one with a fault is not", () => {
  const { rows, row } = form(REPORT, { start_date: "2025-01-01" });
  assert.equal("window" in collect(rows).value, false);
  row.window.inner[0].control.type("1.5");
  assert.equal(collect(rows, { complain: true }).faulty, true);
  assert.equal(row.window.inner[0].fault, "This must be a whole number.");
  assert.equal(row.window.faulty, true);
  row.window.showFault("");
  assert.equal(row.window.faulty, false);
});

test("a row is blank while nothing but its default stands in it", () => {
  const { row } = form(REPORT);
  assert.deepEqual([isBlank(row.limit), isBlank(row.start_date)], [true, true]);
  row.limit.control.type("11");
  row.start_date.control.type("2025-01-01");
  assert.deepEqual([isBlank(row.limit), isBlank(row.start_date)], [false, false]);
  row.limit.control.type("0");
  assert.equal(isBlank(row.limit), false);
});

test("the form says when a payload has more than it has fields for", () => {
  const { rows } = form(REPORT);
  assert.equal(everyFits(rows, { limit: 1, window: { days: 2 } }), true);
  assert.equal(Boolean(everyFits(rows, { colour: "red" })), false);
  assert.equal(Boolean(everyFits(rows, { window: { hours: 2 } })), false);
  assert.equal(everyFits(rows, { window: null }), true);
  assert.equal(everyFits(rows, { window: [1] }), false);
});

test("faults of the server stand at the field they are about, as deep as it lies", () => {
  const { rows, row } = form(REPORT);
  const faults = [
    { path: "limit", message: "is too large" },
    { path: "window.days", message: "is too many" },
    { path: "note[3]", message: "no such letter" },
    { path: "window.hours", message: "is unknown" },
    { path: "colour", message: "is unknown" },
    { path: "", message: "does not fit" },
    { message: "has no place" },
  ];
  const rest = faults.filter((fault) => !rows.some((one) => one.take(fault)));
  assert.equal(row.limit.fault, "Is too large");
  assert.equal(row.window.inner[0].fault, "Is too many");
  assert.equal(row.window.inner[1].fault, "");
  assert.equal(row.window.fault, "hours: is unknown");
  assert.equal(row.note.fault, "[3]: no such letter");
  assert.deepEqual(rest, faults.slice(4));
});

test("a variant has a place for its own fields and for no other's", () => {
  const source = {
    variants: [
      { consts: { type: "dataset" }, fields: [{ name: "dataset_id" }] },
      { consts: { type: "query" }, fields: [{ name: "sql" }] },
    ],
  };
  assert.equal(fitsVariant(source, { type: "dataset", dataset_id: "sales" }), true);
  assert.equal(fitsVariant(source, { type: "dataset", sql: "select 1" }), false);
  assert.equal(fitsVariant(source, { type: "dataset", dataset_id: "sales", sql: "select 1" }), false);
  assert.equal(fitsVariant(source, { type: "stream" }), false);
  assert.equal(fitsVariant(source, {}), false);
  assert.equal(fitsVariant(source, null), true);
});

test("the server may name the variant on the way to a field", () => {
  const dataset = { consts: { type: "dataset" } };
  assert.equal(pathInVariant("dataset.dataset_id", dataset), "dataset_id");
  assert.equal(pathInVariant("dataset_id", dataset), "dataset_id");
  const round = { consts: { type: "transform", function: "round" } };
  assert.equal(pathInVariant("transform.round.digits", round), "digits");
});

test("a fault that has a place inside a group is not told again at the group", () => {
  const { row } = form(REPORT);
  for (const name of ["days", "zone"]) row.window.take({ path: `window.${name}`, message: "is wrong" });
  assert.deepEqual([row.window.fault, ...row.window.inner.map((inner) => inner.fault)], ["", "Is wrong", "Is wrong"]);
});

test("what is hidden is not sent, and what a condition demands is required", () => {
  const { rows, row } = form(REPORT, { start_date: "2025-01-01", limit: 5 });
  row.limit.hidden = true;
  assert.equal("limit" in collect(rows).value, false);
  const demanded = { required: true, isDemanded: true, nullable: true, kind: "text" };
  assert.equal(settle(demanded, {}).fault, "This is required.");
});

test("conditions see the value of a field, or else its default, and further out what encloses it", () => {
  const { rows } = form(REPORT, { limit: 5 });
  const scope = scopeOf(rows, (name) => `outer ${name}`);
  assert.deepEqual(["limit", "note", "start_date", "pipeline"].map(scope), [
    5,
    "as usual",
    undefined,
    "outer pipeline",
  ]);
});

test("what an input cannot hold comes back as it was, until somebody changes it", () => {
  const input = { value: "", validity: { badInput: false } };
  const field = { kind: "datetime", limits: {} };
  const control = exact({
    read: () => readInput(field, input),
    write: (value) => (input.value = inputText(field, value)),
  });
  control.write("2025-07-01T12:30:05.123456+00:00");
  assert.deepEqual(control.read(), { value: "2025-07-01T12:30:05.123456+00:00" });
  input.value = "2025-07-02T00:00:00";
  assert.equal(control.read().value, new Date("2025-07-02T00:00:00").toISOString());
  control.write(undefined);
  assert.deepEqual(control.read(), {});
});

test("a value that a control cannot show at all is not sent unseen", () => {
  const control = exact({ read: () => ({}), write: () => undefined });
  control.write("a source that is gone");
  assert.deepEqual(control.read(), {});
  control.write("");
  assert.deepEqual(control.read(), { value: "" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCount, checkNumber, checkText, limitHint } from "../../../realtime/static/streamer/form/checks.js";
import { count } from "../../../realtime/static/streamer/ground/format.js";
import { forSeeds } from "../fakes/random.js";

const number = (limits, kind = "number") => ({ kind, limits });

test("a number passes exactly when the schema would take it", () => {
  forSeeds(1000, (random) => {
    const bound = () => (random.once(2) ? random.between(-5, 5) : undefined);
    const limits = { minimum: bound(), maximum: bound(), exclusiveMinimum: bound(), exclusiveMaximum: bound() };
    const value = random.between(-12, 12) / 2;
    const kind = random.pick(["integer", "number"]);
    const takes =
      (kind === "number" || Number.isInteger(value)) &&
      value >= (limits.minimum ?? -Infinity) &&
      value <= (limits.maximum ?? Infinity) &&
      value > (limits.exclusiveMinimum ?? -Infinity) &&
      value < (limits.exclusiveMaximum ?? Infinity);
    const read = checkNumber(value, number(limits, kind));
    assert.equal("value" in read, takes, JSON.stringify({ value, kind, limits, read }));
    assert.equal("fault" in read, !takes);
  });
});

test("a fault says what would be right", () => {
  assert.equal(checkNumber(0, number({ minimum: 1 })).fault, "This must be at least 1.");
  assert.equal(checkNumber(1.5, number({}, "integer")).fault, "This must be a whole number.");
  assert.equal(checkNumber(7, number({ multipleOf: 5 }, "integer")).fault, "This must be a multiple of 5.");
  assert.equal(checkText("ab", { limits: { minLength: 3 } }).fault, "This must have at least 3 characters.");
  assert.equal(checkText("", { limits: { minLength: 1 } }).fault, "This must have at least 1 character.");
  assert.equal(checkText("ab", { limits: { pattern: "^\\d+$" } }).fault, "This does not fit the pattern ^\\d+$.");
});

test("characters are counted as people count them", () => {
  assert.deepEqual(checkText("👩👩", { limits: { maxLength: 2 } }), { value: "👩👩" });
  assert.ok(checkText("👩👩👩", { limits: { maxLength: 2 } }).fault);
});

test("a pattern that this browser cannot read is left to the server", () => {
  assert.deepEqual(checkText("abc", { limits: { pattern: "(?P<name>x)" } }), { value: "abc" });
});

test("a list has as many entries as the schema allows", () => {
  assert.equal(checkCount(1, { minItems: 2 }), "There must be at least 2.");
  assert.equal(checkCount(6, { minItems: 2, maxItems: 5 }), "There must be at most 5.");
  assert.equal(checkCount(3, { maxProperties: 2 }), "There must be at most 2.");
  assert.equal(checkCount(2, { minItems: 2, maxItems: 2 }), "");
});

test("the line under a field names its limits", () => {
  const hint = (limits) => limitHint({ limits });
  assert.equal(hint({ minimum: 1, maximum: 10 }), "1 to 10");
  assert.equal(hint({ minimum: 0 }), "at least 0");
  assert.equal(hint({ exclusiveMinimum: 0, maximum: 1 }), "more than 0, at most 1");
  assert.equal(hint({ exclusiveMaximum: 5 }), "less than 5");
  assert.equal(hint({ minimum: 2000, maximum: 100_000 }), `2000 to ${count(100_000)}`);
  assert.equal(hint({ minimum: 0.00000012 }), "at least 1.2e-7");
  assert.equal(hint({}), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  emptyList,
  inputText,
  readChoices,
  readInput,
  readJson,
} from "../../../realtime/static/streamer/form/values.js";
import { forSeeds } from "../fakes/random.js";

const field = (kind, more = {}) => ({ kind, limits: {}, ...more });
const typed = (value, badInput = false) => ({ value, validity: { badInput } });
const ownZone = process.env.TZ;

/** What is read after a value was shown. */
function back(about, value) {
  return readInput(about, typed(inputText(about, value)));
}

test("a value that is shown and read again is the same", () => {
  const letters = ["a", "ø", "👩", ",", " ", '"', "[", "0"];
  forSeeds(500, (random) => {
    const word = () => `x${Array.from({ length: random.between(0, 6) }, () => random.pick(letters)).join("")}x`;
    const number = () => random.between(-1000, 1000) / random.pick([1, 3, 7]);
    const several = (make) => Array.from({ length: random.between(1, 5) }, make);
    const cases = [
      [field("text"), word()],
      [field("dataset"), word()],
      [field("number"), number()],
      [field("integer"), random.between(-1000, 1000)],
      [field("json", { limits: { type: "object" } }), { [word()]: several(number), inner: { flag: random.once(2) } }],
      [field("json"), random.pick([false, 0, "text", [1]])],
    ];
    for (const [about, value] of cases) assert.deepEqual(back(about, value), { value }, about.kind);
  });
});

test("a moment is shown by the clock of the place and sent in UTC", (t) => {
  t.after(() => {
    if (ownZone === undefined) delete process.env.TZ;
    else process.env.TZ = ownZone;
  });
  const moment = "2025-07-01T12:30:05.000Z";
  const shown = { UTC: "12:30:05", "America/St_Johns": "10:00:05", "Asia/Kathmandu": "18:15:05" };
  for (const [zone, clock] of Object.entries(shown)) {
    process.env.TZ = zone;
    assert.equal(inputText(field("datetime"), moment), `2025-07-01T${clock}`);
    assert.deepEqual(back(field("datetime"), moment), { value: moment }, zone);
  }
});

test("an empty input gives nothing, whatever its kind", () => {
  for (const kind of ["text", "number", "integer", "date", "datetime", "json"]) {
    assert.deepEqual(readInput(field(kind), typed("")), {}, kind);
    assert.equal(inputText(field(kind), undefined), "", kind);
    assert.equal(inputText(field(kind), null), "", kind);
  }
});

test("what was typed by half is a fault, and no empty value", () => {
  assert.equal(readInput(field("number"), typed("", true)).fault, "This is not a number.");
  assert.equal(readInput(field("date"), typed("", true)).fault, "This is not a complete date.");
  assert.equal(readInput(field("datetime"), typed("", true)).fault, "This is not a complete date and time.");
});

test("a zero is a number, and shown", () => {
  assert.equal(inputText(field("integer"), 0), "0");
  assert.deepEqual(readInput(field("integer"), typed("0")), { value: 0 });
});

test("a default list that was emptied on purpose stays empty", () => {
  assert.deepEqual(emptyList(field("list", { default: ["a"] })), { value: [] });
  assert.deepEqual(emptyList(field("list", { default: [] })), {});
  const choices = field("choices", { options: ["a", "b"], default: ["a"] });
  assert.deepEqual(readChoices(choices, [false, false]), { value: [] });
  assert.deepEqual(readChoices({ ...choices, default: undefined }, [false, false]), {});
  assert.deepEqual(readChoices({ ...choices, required: true, default: undefined }, [false, false]), { value: [] });
  assert.deepEqual(readChoices(choices, [false, true]), { value: ["b"] });
});

test("JSON must have the shape that the schema asks for", () => {
  assert.deepEqual(readJson(' {"a": 1} ', "object"), { value: { a: 1 } });
  assert.match(readJson("[1]", "object").fault, /JSON object/);
  assert.match(readJson("null", "object").fault, /JSON object/);
  assert.match(readJson("{}", "array").fault, /JSON array/);
  assert.match(readJson("{a}").fault, /not valid JSON/);
  assert.deepEqual(readJson("  "), {});
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { offerOf, readAnything, sentAs, showAnything } from "../../../realtime/static/streamer/form/anything.js";
import { forSeeds } from "../fakes/random.js";

const SCALARS = ["string", "integer", "number", "boolean"];

test("whatever is shown is what is sent", () => {
  const pieces = ["a", "1", "-", ".", "0", "e", '"', "[", "]", "{", "}", ",", " ", "\n", "true", "null", "👩"];
  forSeeds(2000, (random) => {
    const text = () =>
      `${random.pick(pieces)}${Array.from({ length: random.between(0, 5) }, () => random.pick(pieces)).join("")}`;
    const scalar = () => random.pick([text(), random.between(-999, 999) / random.pick([1, 4]), random.once(2)]);
    const value = random.pick([scalar(), null, [scalar(), [scalar()]], { [text()]: scalar() }, text()]);
    assert.deepEqual(readAnything(showAnything(value), null), { value });
    const one = scalar();
    assert.deepEqual(readAnything(showAnything(one), SCALARS), { value: one });
  });
});

test("what is typed is a text, and other JSON is offered", () => {
  const typed = (text) => readAnything({ text, choice: "" }, null);
  assert.deepEqual(typed("hello"), { value: "hello" });
  assert.deepEqual(typed('{"a": 1}'), { value: '{"a": 1}' });
  assert.deepEqual(typed("5"), { value: "5" });
  assert.deepEqual(typed(""), {});
  assert.equal(offerOf("hello", null), null);
  assert.deepEqual(offerOf('{"a": 1}', null), { value: { a: 1 }, label: "JSON object" });
  assert.deepEqual(readAnything({ text: '{"a": 1}', choice: "json" }, null), { value: { a: 1 } });
  assert.equal(readAnything({ text: '{"a": ', choice: "json" }, null).fault, "This is not valid JSON.");
});

test("where numbers are usual, what looks like one is one, unless it is chosen to be text", () => {
  assert.deepEqual(readAnything({ text: "2025", choice: "" }, SCALARS), { value: 2025 });
  assert.deepEqual(readAnything({ text: "2025", choice: "text" }, SCALARS), { value: "2025" });
  assert.equal(sentAs({ text: "007", choice: "" }, SCALARS), "text");
  assert.equal(offerOf("[1]", SCALARS), null);
  assert.equal(offerOf("1.5", ["string", "integer"]), null);
});

test("a number that JSON would change is no number", () => {
  for (const text of ["12345678901234567890", "1e999"]) assert.equal(offerOf(text, null), null, text);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  faultOf,
  isNameless,
  namedOnly,
  namelessKey,
  readCell,
  remarks,
  showCell,
} from "../../../realtime/static/streamer/form/rows/cells.js";
import { cellsOf, namedRows } from "../../../realtime/static/streamer/form/rows/pasted.js";

const field = (name, kind, more = {}) => ({ name, kind, required: false, limits: {}, ...more });

test("lines from a spreadsheet or a CSV file become cells, quotes and all", () => {
  assert.deepEqual(cellsOf("a\tb\r\n1\t2\r\n"), [
    ["a", "b"],
    ["1", "2"],
  ]);
  assert.deepEqual(cellsOf('name,note\nAda,"one, ""two""\nthree"\n'), [
    ["name", "note"],
    ["Ada", 'one, "two"\nthree'],
  ]);
  assert.deepEqual(cellsOf("a;b\n1,5;2"), [
    ["a", "b"],
    ["1,5", "2"],
  ]);
  assert.deepEqual(cellsOf("a\n\nb"), [["a"], ["b"]]);
  assert.deepEqual(cellsOf("a,,c\n1,2,"), [
    ["a", "", "c"],
    ["1", "2", ""],
  ]);
});

test("a sentence with commas is no table, and a line of cells with tabs is one", () => {
  assert.equal(cellsOf("one, two"), null);
  assert.equal(cellsOf("one\n"), null);
  assert.deepEqual(cellsOf("one, two\t3"), [["one, two", "3"]]);
});

test("a first line that names the columns is no item", () => {
  const cells = [
    ["seconds", "steps"],
    ["1", "2"],
  ];
  const named = { names: ["seconds", "steps"], rows: [["1", "2"]] };
  assert.deepEqual(namedRows(cells, ["seconds", "steps", "label"]), named);
  assert.deepEqual(namedRows(cells, []), named);
  assert.equal(namedRows([["1", "2"], ...cells], ["seconds"]), null);
  assert.equal(namedRows([["seconds"]], ["seconds"]), null);
});

test("a cell means what its column takes", () => {
  assert.deepEqual(readCell("7", field("n", "integer")), { value: 7 });
  assert.deepEqual(readCell("x", field("n", "number")), { value: "x", fault: "This is not a number." });
  assert.deepEqual(readCell("007", field("t", "text")), { value: "007" });
  assert.deepEqual(readCell("Yes", field("s", "switch")), { value: true });
  assert.deepEqual(readCell("2", field("c", "choice", { options: [1, 2] })), { value: 2 });
  assert.equal(readCell("3", field("c", "choice", { options: [1, 2] })).fault, "This must be one of: 1, 2.");
  assert.deepEqual(readCell("", field("n", "integer")), {});
});

test("where nothing is known of a column, numbers and JSON are meant as such, and the rest is text", () => {
  const read = (text) => readCell(text).value;
  assert.deepEqual(
    [read("1.5"), read("true"), read('{"a": 1}'), read("007"), read("ten")],
    [1.5, true, { a: 1 }, "007", "ten"],
  );
  assert.deepEqual(
    [showCell({ a: 1 }), showCell("a"), showCell(null), showCell(undefined)],
    ['{"a":1}', "a", "null", ""],
  );
});

test("an item says what is missing, what does not fit and what its action does not know", () => {
  const fields = [field("seconds", "number", { required: true, limits: { minimum: 0 } }), field("label", "text")];
  const read = (item) =>
    new Map(
      Object.entries(item).map(([name, text]) => [
        name,
        readCell(
          text,
          fields.find((one) => one.name === name),
        ),
      ]),
    );
  assert.equal(faultOf(read({ label: "a" }), fields, false), "seconds: This is required.");
  assert.equal(faultOf(read({ seconds: "-1" }), fields, false), "seconds: This must be at least 0.");
  assert.equal(faultOf(read({ seconds: "1", more: "x" }), fields, false), "more: The action has no such field.");
  assert.equal(faultOf(read({ seconds: "1", more: "x" }), fields, true), "");
});

test("a column without a name is no field of an item, and is told from every other", () => {
  const first = namelessKey([]);
  const second = namelessKey(["seconds", first]);
  assert.ok(isNameless(first) && isNameless(second) && first !== second && !isNameless("field_1"));
  const read = new Map([
    ["seconds", { value: 1 }],
    [first, { value: "x" }],
  ]);
  assert.deepEqual([...namedOnly(read).keys()], ["seconds"]);
  assert.equal(faultOf(read, [field("seconds", "number")], false), "");
});

test("below the table stands what has to be done before it is sent", () => {
  assert.equal(remarks({ lacksName: false, faulty: 0, unseen: 0 }), "");
  assert.equal(
    remarks({ lacksName: true, faulty: 1, unseen: 0 }),
    "Name the field of each column that has values. 1 item would fail as it stands.",
  );
  assert.equal(
    remarks({ lacksName: false, faulty: 2, unseen: 1800 }),
    "2 items would fail as they stand. 1800 more items are sent but not shown; “Edit as JSON” shows all.",
  );
});

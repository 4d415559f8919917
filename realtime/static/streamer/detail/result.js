/** Shows a result, whatever its shape: plain values as facts, lists of objects as tables, the rest as JSON. */

import { h, icon } from "../ground/dom.js";
import { count, cut, sentence } from "../ground/format.js";
import { dataTable } from "../ground/table.js";
import { brief, isEmpty, isObject, partsOf } from "./shape.js";

const DEEPEST = 3;
const MOST_CHARACTERS = 20_000;

/** A section under a heading; `value` is an object. Null when there is nothing to see in it. */
export function resultSection(name, value, testid) {
  if (isEmpty(value)) return null;
  const readable = isObject(value) ? parts(value, 1) : [];
  if (readable.length === 0) return jsonSection(name, value, testid);
  return h("section", { class: "result" }, h("h3", {}, name), readable, folded("The same as JSON", value, testid));
}

/** JSON under a heading. */
export function jsonSection(name, value, testid) {
  return h("section", {}, h("h3", {}, name), code(value, testid));
}

/** JSON that is shown on demand. */
export function folded(name, value, testid) {
  return h("details", { class: "folded" }, h("summary", {}, name), code(value, testid));
}

function code(value, testid) {
  const text = JSON.stringify(value, null, 2);
  const pre = h("pre", { class: "code", tabindex: "0", "data-testid": testid }, cut(text, MOST_CHARACTERS));
  const copy = h("button", { class: "button small quiet", type: "button" }, icon("copy"), "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(text);
    copy.lastChild.textContent = navigator.clipboard ? "Copied" : "Not allowed here";
  });
  const whole = h(
    "button",
    { class: "button small quiet", type: "button" },
    `Show all ${count(text.length)} characters`,
  );
  whole.hidden = text.length <= MOST_CHARACTERS;
  whole.addEventListener("click", () => {
    pre.textContent = text;
    whole.hidden = true;
  });
  return h("div", { class: "code-box" }, pre, h("div", { class: "code-buttons" }, copy, whole));
}

/** The parts of an object, drawn. Deep ones are folded. */
function parts(object, depth) {
  return partsOf(object).map((part) => (part.kind === "facts" ? facts(part.rows) : named(part, depth)));
}

function named({ kind, name, rows, value, text }, depth) {
  if (kind === "metrics") return titled(name, depth, dataTable(rows, { label: "Metrics", testid: "metrics" }));
  if (kind === "table") return titled(name, depth, dataTable(rows, { label: sentence(name), testid: name }));
  if (kind === "list") return titled(name, depth, h("p", { class: "quiet" }, text));
  if (depth < DEEPEST) return titled(name, depth, parts(value, depth + 1));
  return titled(name, depth, h("p", { class: "quiet" }, brief(value)));
}

function titled(name, depth, content) {
  const props = { class: "result-part", "data-depth": depth };
  if (depth === 1 || name === "metrics") return h("div", props, h("h4", {}, sentence(name)), content);
  return h("details", { ...props, class: "result-part folded" }, h("summary", {}, sentence(name)), content);
}

function facts(rows) {
  const entries = rows.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text)));
  return h("dl", { class: "facts-table" }, entries);
}

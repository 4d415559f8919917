/** Shows a result, whatever its shape: plain values as facts, lists of objects as tables, the rest as JSON. */

import { h, icon } from "../ground/dom.js";
import { count, cut, sentence } from "../ground/format.js";
import { dataTable } from "../ground/table.js";
import { isFile } from "../requests/record.js";

const DEEPEST = 3;
const MOST_FACTS = 60;
const MOST_CHARACTERS = 20_000;
const LONGEST_FACT = 300;

/** A section under a heading; `value` is an object. Null when there is nothing to see in it. */
export function resultSection(name, value, testid) {
  if (value === null || value === undefined) return null;
  if (isObject(value) && Object.keys(value).length === 0) return null;
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

/** The parts of an object in reading order: plain values first, then what is nested, rows last. Deep ones are folded. */
function parts(object, depth) {
  const entries = Object.entries(isFile(object) ? withoutFile(object) : object);
  const plain = entries.filter(([, value]) => value !== null && typeof value !== "object");
  const lists = entries.filter(([, value]) => Array.isArray(value) && value.length > 0);
  const nested = entries.filter(([, value]) => isObject(value) && Object.keys(value).length > 0);
  const scores = compared(object);
  return [
    plain.length ? facts(plain) : null,
    scores ? titled("metrics", depth, dataTable(scores, { label: "Metrics", testid: "metrics" })) : null,
    ...nested
      .filter(([name, value]) => !isFile(value) && name !== "artifacts" && !(scores && isScore(name)))
      .map(([name, value]) => nestedPart(name, value, depth)),
    ...lists.map(([name, value]) => listPart(name, value, depth)),
  ].filter(Boolean);
}

function nestedPart(name, value, depth) {
  const matrix = confusion(value);
  if (matrix) return titled(name, depth, dataTable(matrix, { label: sentence(name), testid: name }));
  if (depth < DEEPEST) return titled(name, depth, parts(value, depth + 1));
  return titled(name, depth, h("p", { class: "quiet" }, cut(JSON.stringify(value), LONGEST_FACT)));
}

function listPart(name, value, depth) {
  if (value.every(isObject)) return titled(name, depth, dataTable(value, { label: sentence(name), testid: name }));
  const items = value.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item)));
  return titled(name, depth, h("p", { class: "quiet" }, cut(items.join(", "), LONGEST_FACT)));
}

function titled(name, depth, content) {
  const props = { class: "result-part", "data-depth": depth };
  if (depth === 1 || name === "metrics") return h("div", props, h("h4", {}, sentence(name)), content);
  return h("details", { ...props, class: "result-part folded" }, h("summary", {}, sentence(name)), content);
}

function facts(entries) {
  const rows = entries
    .slice(0, MOST_FACTS)
    .map(([name, value]) => h("div", {}, h("dt", {}, label(name)), h("dd", {}, cut(shown(value), LONGEST_FACT))));
  return h("dl", { class: "facts-table" }, rows);
}

/** Codes stay as they are. */
function label(name) {
  return /^[A-Z0-9_]+$/.test(name) ? name : sentence(name);
}

function shown(value) {
  return typeof value === "number" ? count(value) : String(value);
}

/** What was reached beside what the simplest guess would have. Null when there is nothing to put side by side. */
function compared({ metrics, baseline }) {
  if (!isObject(metrics) || !isObject(baseline)) return null;
  const names = Object.keys(metrics).filter((name) => typeof metrics[name] === "number");
  if (names.length === 0 || !names.some((name) => typeof baseline[name] === "number")) return null;
  return names.map((name) => ({
    metric: sentence(name),
    reached: rounded(metrics[name]),
    baseline: rounded(baseline[name]),
  }));
}

/** How often each class was taken for each other one, as rows. Null for what is nothing of the kind. */
function confusion({ classes, counts }) {
  if (!Array.isArray(classes) || !Array.isArray(counts) || counts.length !== classes.length) return null;
  const predicted = (row) => classes.map((name, index) => [`predicted ${name}`, row?.[index]]);
  return classes.map((name, index) => ({ truly: String(name), ...Object.fromEntries(predicted(counts[index])) }));
}

function isScore(name) {
  return name === "metrics" || name === "baseline";
}

function rounded(value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : (value ?? null);
}

function withoutFile(object) {
  const about = ["url", "filename", "size_bytes", "sha256", "media_type", "artifact_id", "expires_at"];
  return Object.fromEntries(Object.entries(object).filter(([name]) => !about.includes(name)));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

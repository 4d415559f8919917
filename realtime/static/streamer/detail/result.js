/** Shows a result for people: figures, the PDF, charts, tables; what is left in parts, and all of it as JSON last. */

import { h, icon } from "../ground/dom.js";
import { count, cut, sentence } from "../ground/format.js";
import { dataTable } from "../ground/table.js";
import { LIVE } from "../requests/record.js";
import { chartFigure } from "../results/chart_view.js";
import { pdfView } from "../results/pdf_view.js";
import { brief, isEmpty, partsOf } from "../results/shape.js";
import { pdfOf, viewOf } from "../results/views.js";

const DEEPEST = 3;
const MOST_CHARACTERS = 20_000;

/** What a request has brought so far: its result, what was done before it ended early, or its last part. */
export function renderResult(record) {
  if (LIVE.has(record.status)) return resultSection("So far", record.partial, "partial");
  const pdf = pdfOf(record);
  return (
    resultSection("Result", record.result, "result", pdf) ??
    resultSection("What was done", record.receipt, "receipt", pdf)
  );
}

/** A section under a heading, of any JSON; `pdf` is the file to show in it. Null when there is nothing to see in it. */
export function resultSection(name, value, testid, pdf) {
  if (isEmpty(value)) return null;
  const { tiles, notes, charts, tables, rest, known } = viewOf(value);
  const more = parts(rest, 1);
  return h(
    "section",
    { class: "result", "data-testid": `${testid}-view` },
    h("h3", {}, name),
    tiles.length ? h("dl", { class: "tiles" }, tiles.map(tileNode)) : null,
    notes.map((note) => h("p", { class: "note" }, note)),
    pdf ? pdfView(pdf) : null,
    charts.map(chartFigure),
    tables.map(({ title, rows, testid: id }) => titled(title, 1, dataTable(rows, { label: title, testid: id }))),
    known && more.length
      ? h("details", { class: "folded" }, h("summary", {}, "More"), h("div", { class: "result" }, more))
      : more,
    folded("As JSON", value, testid),
  );
}

/** JSON that is shown on demand. */
export function folded(name, value, testid) {
  return h("details", { class: "folded" }, h("summary", {}, name), code(value, testid));
}

function tileNode({ label, value, note, tone }) {
  return h(
    "div",
    { class: "tile", "data-tone": tone || null },
    h("dt", {}, label),
    h("dd", {}, h("span", { class: "tile-value" }, value), note ? h("span", { class: "tile-note" }, note) : null),
  );
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
  if (kind === "metrics")
    return titled(sentence(name), depth, dataTable(rows, { label: "Metrics", testid: "metrics" }));
  if (kind === "table") return titled(sentence(name), depth, dataTable(rows, { label: sentence(name), testid: name }));
  if (kind === "list") return titled(sentence(name), depth, h("p", { class: "quiet" }, text));
  if (depth < DEEPEST) return titled(sentence(name), depth, parts(value, depth + 1));
  return titled(sentence(name), depth, h("p", { class: "quiet" }, brief(value)));
}

function titled(title, depth, content) {
  const props = { class: "result-part", "data-depth": depth };
  if (depth === 1) return h("div", props, h("h4", {}, title), content);
  return h("details", { ...props, class: "result-part folded" }, h("summary", {}, title), content);
}

function facts(rows) {
  const entries = rows.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text)));
  return h("dl", { class: "facts-table" }, entries);
}

/** Rows as a table that scrolls by itself, with the first column in sight. */

import { h } from "./dom.js";
import { count, cut } from "./format.js";

const MOST_ROWS = 100;
const MOST_COLUMNS = 60;
const LONGEST_CELL = 300;

/** `rows`: objects. `columns`: their names in order; without it, those that the rows have. `label` is for screen readers. */
export function dataTable(rows, { columns, label, testid }) {
  const all = columns ?? [...new Set(rows.slice(0, MOST_ROWS).flatMap((row) => Object.keys(row)))];
  const names = all.slice(0, MOST_COLUMNS);
  const shown = rows.slice(0, MOST_ROWS);
  const numeric = new Set(names.filter((name) => shown.some((row) => typeof row[name] === "number")));
  const kind = (name) => (numeric.has(name) ? "number" : undefined);
  const head = names.map((name) => h("th", { scope: "col", class: kind(name), title: name }, cut(name, LONGEST_CELL)));
  const body = shown.map((row) =>
    h(
      "tr",
      {},
      names.map((name) => h("td", { class: kind(name) }, cell(row[name]))),
    ),
  );
  const table = h("table", { class: "table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  const left = [
    rows.length > shown.length ? `${count(rows.length - shown.length)} more rows` : null,
    all.length > names.length ? `${count(all.length - names.length)} more columns` : null,
  ].filter(Boolean);
  return [
    h("div", { class: "table-box", role: "region", "aria-label": label, tabindex: "0", "data-testid": testid }, table),
    left.length ? h("p", { class: "quiet" }, `And ${left.join(" and ")}.`) : null,
  ];
}

function cell(value) {
  if (value === null || value === undefined) return h("span", { class: "nothing", title: "Empty" }, "–");
  if (typeof value === "object") return cut(JSON.stringify(value), LONGEST_CELL);
  return cut(String(value), LONGEST_CELL);
}

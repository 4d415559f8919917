/** Rows as a table that scrolls by itself, with the first column in sight. */

import { h } from "./dom.js";
import { cellText, gridOf, shorten } from "./grid.js";

/** `columns`: the names of the columns in order; without it, those that the rows have. `label` is for screen readers. */
export function dataTable(allRows, { columns, label, testid }) {
  const { names, rows, numeric, left } = gridOf(allRows, columns);
  const kind = (name) => (numeric.has(name) ? "number" : undefined);
  const head = names.map((name) => h("th", { scope: "col", class: kind(name), title: name }, shorten(name)));
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      names.map((name) => h("td", { class: kind(name) }, cell(row[name]))),
    ),
  );
  const table = h("table", { class: "table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  return [
    h("div", { class: "table-box", role: "region", "aria-label": label, tabindex: "0", "data-testid": testid }, table),
    left ? h("p", { class: "quiet" }, left) : null,
  ];
}

function cell(value) {
  return cellText(value) ?? h("span", { class: "nothing", title: "Empty" }, "–");
}

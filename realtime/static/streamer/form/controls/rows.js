/** A list of free objects, such as the items of a bulk, as a table to type and paste into. */

import { fill, h } from "../../ground/dom.js";
import { checkCount } from "../checks.js";
import {
  fitsTable,
  isNameless,
  MAX_COLUMNS,
  NO_NAME,
  namedOnly,
  namelessKey,
  namesOf,
  readCell,
  remarks,
  valuesOf,
} from "../rows/cells.js";
import { heading } from "../rows/heading.js";
import { ItemRow } from "../rows/item_row.js";
import { cellsOf, namedRows } from "../rows/pasted.js";
import { describeFields } from "../schema/fields.js";

/** More rows than that are kept and sent, and not drawn. */
const MAX_DRAWN = 200;
const HINT = "Paste lines from a spreadsheet or a CSV file into a cell: each becomes an item.";

/** With `field.rowsOf`, a field that names an action, the columns are those of its payload. */
export function rowsEditor(field, id, _makeRow, known) {
  return new RowsEditor(field, id, known).control;
}

class RowsEditor {
  #field;
  #known;
  #rows = [];
  #rest = [];
  #names = [];
  #fields = [];
  #action = null;
  /** Whether items may have other fields than these. */
  #isOpen = true;
  #isRefused = false;
  #head = h("tr", {});
  #body = h("tbody", {});
  #box;
  #status = h("p", { class: "hint", role: "status" });
  #node;

  constructor(field, id, known) {
    this.#field = field;
    this.#known = known;
    const table = h("table", { class: "items" }, h("thead", {}, this.#head), this.#body);
    this.#box = h("div", { class: "items-box", role: "region", tabindex: "0", "aria-label": field.title }, table);
    const button = (label, key, click) =>
      h("button", { class: "button small", type: "button", id: `${id}-${key}`, on: { click } }, label);
    this.#node = h(
      "div",
      { id, class: "list-editor", role: "group" },
      this.#box,
      h(
        "div",
        { class: "items-buttons" },
        button("Add an item", "add", () => this.#add()),
        button("Add a field", "add-field", () => this.#addColumn()),
      ),
      h("p", { class: "hint" }, HINT),
      this.#status,
    );
    this.#body.addEventListener("paste", (event) => this.#paste(event));
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("input", (event) => this.#typed(event));
  }

  get control() {
    return {
      node: this.#node,
      target: this.#node,
      group: true,
      arrange: (scope) => this.#arrange(scope),
      isFaulty: () => this.#isRefused,
      read: () => this.#read(),
      write: (value) => this.#write(Array.isArray(value) ? value : []),
      take: (fault) => this.#take(fault),
      fits: (value) => value === undefined || value === null || fitsTable(value),
      clear: () => this.#check(),
      focus: () => (this.#namelessHeading() ?? this.#rows.find((row) => row.isFaulty) ?? this.#rows[0])?.focus(),
    };
  }

  /** Another action has other fields; what was typed into columns that it does not have stays. */
  #arrange(scope) {
    const [name, ...path] = (this.#field.rowsOf ?? "").split(".");
    const value = name ? path.reduce((inner, key) => inner?.[key], scope(name)) : null;
    const action = typeof value === "string" ? value : null;
    if (action === this.#action) return;
    this.#action = action;
    const schema = this.#known.actions().find((one) => one.action === action)?.schema;
    this.#fields = describeFields(schema);
    const used = new Set(this.#rows.flatMap((row) => row.used));
    this.#names = this.#names.filter((column) => used.has(column));
    this.#isOpen = schema?.additionalProperties !== false;
    this.#draw();
  }

  #read() {
    const items = this.#rows.map((row) => row.read((name) => this.#fieldOf(name)));
    const named = items.map(namedOnly).filter((cells) => cells.size > 0);
    const value = [...named.map((cells) => valuesOf(cells)), ...this.#rest];
    if (this.#namelessHeading()) return { ...(value.length ? { value } : {}), fault: NO_NAME };
    if (value.length === 0) return {};
    const fault = checkCount(value.length, this.#field.limits);
    return fault ? { fault } : { value };
  }

  #write(items) {
    this.#rest = items.slice(MAX_DRAWN);
    this.#names = namesOf(items);
    this.#rows = items.slice(0, MAX_DRAWN).map((item) => {
      const row = this.#made();
      for (const [name, value] of Object.entries(item)) row.set(name, value);
      return row;
    });
    if (this.#rows.length === 0) this.#rows.push(this.#made());
    this.#draw();
  }

  #made() {
    return new ItemRow((row) => this.#remove(row));
  }

  #fieldOf(name) {
    return this.#fields.find((field) => field.name === name);
  }

  /** The fields of the action come first, then what else the items have. */
  #columns() {
    const used = new Set(this.#rows.flatMap((row) => row.used));
    const fields = this.#fields.map(({ name }) => name);
    const others = this.#names.filter((name) => used.has(name) || fields.length === 0);
    const columns = [...new Set([...fields, ...others])].slice(0, MAX_COLUMNS);
    return columns.length ? columns : [namelessKey([])];
  }

  #draw() {
    this.#names = this.#columns();
    fill(
      this.#head,
      h("th", { scope: "col", class: "row-number" }, h("span", { class: "visually-hidden" }, "Item")),
      this.#names.map((name) => this.#heading(name)),
      h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Buttons")),
    );
    this.#rows.forEach((row, at) => row.draw(this.#names, at + 1));
    fill(
      this.#body,
      this.#rows.flatMap((row) => row.nodes),
    );
    this.#check();
  }

  #heading(name) {
    return heading(name, this.#fieldOf(name), {
      onName: (from, to) => this.#rename(from, to),
      onEnter: (own) => this.#rows[0].focus(this.#names.indexOf(own)),
    });
  }

  #check() {
    this.#isRefused = false;
    for (const row of this.#rows) row.check(this.#fields, this.#isOpen);
    this.#status.textContent = remarks({
      lacksName: this.#namelessHeading() !== undefined,
      faulty: this.#rows.filter((row) => row.isFaulty).length,
      unseen: this.#rest.length,
    });
  }

  #add() {
    this.#rows.push(this.#made());
    this.#draw();
    this.#told();
    this.#rows.at(-1).focus();
  }

  #addColumn() {
    const name = namelessKey(this.#names);
    this.#names.push(name);
    // An empty column would go again where an action has fields of its own.
    const names = this.#names;
    this.#draw();
    if (!this.#names.includes(name)) this.#showExtra(names);
    [...this.#head.querySelectorAll("input")].at(-1)?.focus();
  }

  #showExtra(names) {
    const name = names.at(-1);
    this.#head.lastChild.before(this.#heading(name));
    this.#names = names;
    this.#rows.forEach((row, at) => row.draw(names, at + 1));
  }

  /** The input for the name of the first column that has values and no name. */
  #namelessHeading() {
    const used = new Set([...this.#rows.flatMap((row) => row.used), ...namesOf(this.#rest)]);
    const asked = this.#names.filter((name) => !this.#fieldOf(name));
    const at = asked.findIndex((name) => isNameless(name) && used.has(name));
    return this.#head.querySelectorAll("input")[at];
  }

  #rename(from, to) {
    if (to === "" || this.#names.includes(to)) {
      this.#draw();
      return from;
    }
    this.#names = this.#names.map((name) => (name === from ? to : name));
    for (const row of this.#rows) row.rename(from, to);
    this.#rest = this.#rest.map(({ [from]: value, ...others }) =>
      value === undefined ? others : { ...others, [to]: value },
    );
    this.#rows.forEach((row, at) => row.draw(this.#names, at + 1));
    this.#check();
    this.#told();
    return to;
  }

  #remove(row) {
    const at = this.#rows.indexOf(row);
    this.#rows.splice(at, 1);
    if (this.#rows.length === 0) this.#rows.push(this.#made());
    this.#draw();
    this.#told();
    this.#rows[Math.min(at, this.#rows.length - 1)].focus();
  }

  /** Enter and the arrows go up and down in a column, Enter beyond the end. */
  #key(event) {
    const place = this.#placeOf(event.target);
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!place || !step || event.isComposing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = this.#rows[place.row + step];
    if (next) next.focus(place.column);
    else if (event.key === "Enter") {
      this.#add();
      this.#rows.at(-1).focus(place.column);
    }
  }

  #typed({ target }) {
    if (this.#placeOf(target)) this.#check();
  }

  #placeOf(input) {
    const row = this.#rows.findIndex((one) => one.inputs.includes(input));
    return row < 0 ? null : { row, column: this.#rows[row].inputs.indexOf(input) };
  }

  #paste(event) {
    const place = this.#placeOf(event.target);
    const cells = cellsOf(event.clipboardData.getData("text"));
    if (!place || !cells) return;
    event.preventDefault();
    const isFresh = this.#fields.length === 0 && this.#rows.every((row) => row.used.length === 0);
    const named = namedRows(cells, isFresh ? [] : this.#names);
    const names = named?.names ?? this.#names.slice(place.column);
    const rows = named?.rows ?? cells;
    if (named) this.#names = [...new Set([...(isFresh ? [] : this.#names), ...names])];
    while (names.length < Math.min(rows[0]?.length ?? 0, MAX_COLUMNS)) {
      names.push(namelessKey(this.#names));
      this.#names.push(names.at(-1));
    }
    rows.forEach((texts, at) => this.#put(place.row + at, names, texts));
    this.#draw();
    this.#told();
    this.#rows[Math.min(place.row + rows.length, this.#rows.length) - 1].focus(place.column);
  }

  #put(at, names, texts) {
    if (at >= MAX_DRAWN) {
      const cells = new Map(names.map((name, column) => [name, readCell(texts[column] ?? "", this.#fieldOf(name))]));
      this.#rest.push(valuesOf(new Map([...cells].filter(([, cell]) => "value" in cell))));
      return;
    }
    while (this.#rows.length <= at) this.#rows.push(this.#made());
    names.forEach((name, column) => this.#rows[at].type(name, texts[column] ?? ""));
  }

  #take(fault) {
    const [, at, inner] = /^\[(\d+)\]\.?(.*)$/.exec(fault.path) ?? [];
    const row = this.#rows[at];
    if (!row) return false;
    row.show(inner ? `${inner}: ${fault.message}` : fault.message);
    this.#isRefused = true;
    return true;
  }

  #told() {
    this.#node.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

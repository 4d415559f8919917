/** One row of a table of items: a cell for each column, and what is wrong with it. */

import { h, icon } from "../../ground/dom.js";
import { faultOf, isNameless, readCell, showCell } from "./cells.js";

export class ItemRow {
  #cells = new Map();
  /** The values as they were given, until somebody types over them. */
  #given = new Map();
  #number = h("th", { scope: "row", class: "row-number" });
  #line = h("tr", { class: "row-line" });
  #fault = h("td", { class: "row-fault" });
  #faultLine = h("tr", { class: "row-fault-line", hidden: true }, this.#fault);
  #remove;
  nodes = [this.#line, this.#faultLine];

  constructor(onRemove) {
    this.#remove = h(
      "button",
      { class: "button quiet square", type: "button", title: "Remove", on: { click: () => onRemove(this) } },
      icon("close"),
    );
  }

  get inputs() {
    return [...this.#cells.values()];
  }

  /** The names of the columns that this row has a text for. */
  get used() {
    return [...this.#cells].filter(([, input]) => input.value !== "").map(([name]) => name);
  }

  /** Show these columns, with what stands in them. `number` counts from 1. */
  draw(names, number) {
    this.#number.textContent = String(number);
    this.#remove.setAttribute("aria-label", `Remove item ${number}`);
    const cells = names.map((name) => this.#cell(name, number));
    // In the order of the columns, which renaming one would upset.
    this.#cells = new Map(names.map((name, at) => [name, cells[at]]));
    this.#line.replaceChildren(
      this.#number,
      ...cells.map((input) => h("td", {}, input)),
      h("td", { class: "row-buttons" }, this.#remove),
    );
    this.#fault.colSpan = names.length + 2;
  }

  set(name, value) {
    this.#given.set(name, value);
    this.#cell(name).value = showCell(value);
  }

  type(name, text) {
    this.#given.delete(name);
    this.#cell(name).value = text;
  }

  /** Have a column go by another name. */
  rename(from, to) {
    for (const map of [this.#cells, this.#given]) {
      if (map.has(from)) map.set(to, map.get(from));
      map.delete(from);
    }
  }

  /** → what each cell that is not empty means, by name. `fieldOf(name)` gives the field of a column, if it is known. */
  read(fieldOf) {
    const read = [...this.#cells].map(([name, input]) => [
      name,
      this.#given.has(name) ? this.#kept(name, input, fieldOf(name)) : readCell(input.value, fieldOf(name)),
    ]);
    return new Map(read.filter(([, cell]) => "value" in cell));
  }

  /** Say what is wrong with it, as far as it can be told here; nothing of a blank one. */
  check(fields, isOpen) {
    const cells = this.read((name) => fields.find((field) => field.name === name));
    this.show(cells.size ? faultOf(cells, fields, isOpen) : "");
  }

  show(text) {
    this.#fault.textContent = text;
    this.#faultLine.hidden = text === "";
    this.#line.classList.toggle("faulty", text !== "");
  }

  get isFaulty() {
    return !this.#faultLine.hidden;
  }

  focus(at = 0) {
    (this.inputs[at] ?? this.#remove).focus();
  }

  #kept(name, { value: text }, field) {
    const value = this.#given.get(name);
    if (value === undefined) return {};
    const { fault } = readCell(text, field);
    return fault ? { value, fault } : { value };
  }

  #cell(name, number) {
    const input = this.#cells.get(name) ?? this.#made();
    this.#cells.set(name, input);
    if (number) input.setAttribute("aria-label", `${isNameless(name) ? "field without a name" : name}, item ${number}`);
    return input;
  }

  #made() {
    const input = h("input", { class: "input cell", type: "text", spellcheck: "false", autocomplete: "off" });
    input.addEventListener("input", () => {
      for (const [known, one] of this.#cells) if (one === input) this.#given.delete(known);
    });
    return input;
  }
}

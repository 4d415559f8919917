/** Lists with a row for each entry: nothing is split at commas, so an entry may hold any text. */

import { fill, h, icon } from "../../ground/dom.js";
import { checkCount } from "../checks.js";
import { meetsSome } from "../schema/hints.js";
import { emptyList } from "../values.js";

const MOST_ENTRIES = 200;
const LARGE = ["object", "variants", "either"];

/** `makeRow(field, options)` makes the row of an entry. */
export function listEditor(field, id, makeRow) {
  const item = field.item();
  const isLarge = LARGE.includes(item.kind);
  const name = field.title.toLowerCase();
  const entries = h("ol", { class: isLarge ? "entries large" : "entries" });
  const add = h("button", { class: "button small", type: "button", id: `${id}-add` }, "Add");
  const node = h("div", { id, class: "list-editor", role: "group" }, entries, add);
  let rows = [];
  let made = 0;
  let most = field.limits.maxItems ?? Infinity;

  const draw = () => {
    rows.forEach((row, at) => {
      row.rename(`${field.title}, ${at + 1}`);
      for (const button of row.entry.querySelectorAll(":scope > .entry-buttons > button"))
        button.setAttribute("aria-label", `${button.title}: ${field.title}, ${at + 1}`);
    });
    entries.hidden = rows.length === 0;
    add.textContent = rows.length ? "Add another" : `Add ${isLarge ? "one" : "a value"}`;
    add.setAttribute("aria-label", `${add.textContent} to ${name}`);
    add.hidden = rows.length >= most;
  };
  const told = () => node.dispatchEvent(new Event("input", { bubbles: true }));
  const append = (value, before = null) => {
    const row = makeRow({ ...item, name: String(made++), hasDefault: false, title: field.title }, { isEntry: true });
    const entry = h("li", { class: "entry", dataset: { kind: item.kind } }, row.node, buttons(row));
    row.entry = entry;
    const at = before ? rows.indexOf(before) : rows.length;
    rows.splice(at, 0, row);
    entries.insertBefore(entry, before?.entry ?? null);
    row.write(value === undefined ? {} : { [row.field.name]: value });
    draw();
    return row;
  };
  const remove = (row) => {
    const at = rows.indexOf(row);
    rows = rows.filter((one) => one !== row);
    row.entry.remove();
    draw();
    told();
    (rows[Math.min(at, rows.length - 1)] ?? { focus: () => add.focus() }).focus();
  };
  const move = (row, by) => {
    const at = rows.indexOf(row);
    const to = at + by;
    if (to < 0 || to >= rows.length) return;
    rows.splice(at, 1);
    rows.splice(to, 0, row);
    fill(
      entries,
      rows.map((one) => one.entry),
    );
    draw();
    told();
    row.focus();
  };
  const buttons = (row) => {
    const button = (label, symbol, click) =>
      h(
        "button",
        { class: "button quiet square", type: "button", "aria-label": label, title: label, on: { click } },
        symbol,
      );
    return h(
      "div",
      { class: "entry-buttons" },
      isLarge && button("Move up", "↑", () => move(row, -1)),
      isLarge && button("Move down", "↓", () => move(row, 1)),
      button("Remove", icon("close"), () => remove(row)),
    );
  };

  add.addEventListener("click", () => {
    const row = append();
    told();
    row.focus();
  });
  if (!isLarge) entries.addEventListener("keydown", (event) => key(event));
  if (!isLarge) entries.addEventListener("paste", (event) => paste(event));

  /** Enter goes on to the next entry; Backspace in an empty one takes it away. */
  function key(event) {
    const row = rows.find((one) => one.control.target === event.target);
    if (!row || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (event.target.value === "" || add.hidden) return;
      const next = rows[rows.indexOf(row) + 1] ?? append();
      next.focus();
    } else if (event.key === "Backspace" && event.target.value === "" && rows.length > 1) {
      event.preventDefault();
      remove(row);
    }
  }

  /** Several lines, as copied from a table, become an entry each. */
  function paste(event) {
    const lines = event.clipboardData.getData("text").split(/\r?\n/).filter(Boolean);
    const row = rows.find((one) => one.control.target === event.target);
    if (!row || lines.length < 2 || event.target.value !== "") return;
    event.preventDefault();
    const room = Math.min(most, MOST_ENTRIES) - rows.length + 1;
    const [first, ...rest] = lines.slice(0, room);
    row.write({ [row.field.name]: first });
    const before = rows[rows.indexOf(row) + 1] ?? null;
    for (const line of rest) append(line, before);
    told();
  }

  return {
    node,
    target: node,
    group: true,
    arrange: (scope, isUsed) => rows.forEach((row) => row.arrange(scope, isUsed)),
    /** Offer no more than so many entries. */
    limit(entriesAtMost) {
      most = entriesAtMost;
      draw();
    },
    isFaulty: () => rows.some((row) => row.faulty),
    read(complain) {
      const value = [];
      let faulty = false;
      for (const row of rows) {
        // A blank line counts for nothing; a blank operation is one that was forgotten.
        const read = isLarge ? row.read(complain) : row.control.read(complain);
        if (read.fault && complain) row.showFault(read.fault);
        if (read.fault || read.faulty) faulty = true;
        if ("value" in read) value.push(read.value);
      }
      if (faulty) return { value, faulty };
      if (value.length === 0) return field.required ? {} : emptyList(field);
      const fault = checkCount(value.length, field.limits);
      return fault ? { fault } : { value };
    },
    write(value) {
      rows = [];
      made = 0;
      fill(entries);
      for (const one of Array.isArray(value) ? value : []) append(one);
      if (rows.length === 0 && field.required) append();
      draw();
    },
    take(fault) {
      const [, at, inner] = /^\[(\d+)\]\.?(.*)$/.exec(fault.path) ?? [];
      const row = rows[at];
      if (!row) return false;
      if (inner && row.control.take?.({ ...fault, path: inner })) return true;
      row.showFault(inner ? `${inner}: ${fault.message}` : fault.message);
      return true;
    },
    fits(value) {
      if (value === undefined || value === null) return true;
      if (!Array.isArray(value) || value.length > MOST_ENTRIES) return false;
      const probe = makeRow({ ...item, name: "probe" }, { isEntry: true });
      return value.every((one) => probe.fits(one));
    },
    clear: () => rows.forEach((row) => row.showFault("")),
    focus: () => (rows.find((row) => row.faulty) ?? rows[0] ?? { focus: () => add.focus() }).focus(),
  };
}

/** One value or a list of values, as the schema allows both. */
export function valuesEditor(field, id, makeRow) {
  const item = () => ({ ...field, kind: "anything", hasDefault: false, description: "", limits: {}, showWhen: {} });
  const list = listEditor({ ...field, limits: {}, item }, id, makeRow);
  let isList = false;
  return {
    ...list,
    arrange(scope, isUsed) {
      isList = meetsSome(field.listWhen, scope);
      const takesBoth = Object.keys(field.listWhen).length === 0;
      list.limit(isList || takesBoth ? Infinity : 1);
      list.arrange(scope, isUsed);
    },
    read(complain) {
      const { value, ...rest } = list.read(complain);
      if (value === undefined) return rest;
      return { value: value.length === 1 && !isList ? value[0] : value, ...rest };
    },
    write(value) {
      list.write(value === undefined || value === null ? [] : [value].flat());
    },
    take: (fault) => list.take(fault),
    fits: (value) => list.fits(value === undefined || value === null ? [] : [value].flat()),
  };
}

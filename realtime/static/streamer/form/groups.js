/**
 * Controls that hold fields of their own: an object, and one of several kinds of object. Beside what `controls` says of
 * controls they have `take(fault)`, `fits(value)`, `clear()`, `focus()` and `isFaulty()`; `read(complain)` shows the faults
 * of their fields in place.
 */

import { fill, h } from "../ground/dom.js";
import { words } from "../ground/format.js";

/** `makeRow(field)` makes the row of a field inside. */
export function objectGroup(field, id, makeRow) {
  const rows = field.fields.map(makeRow);
  const node = h(
    "div",
    { id, class: "group", role: "group" },
    rows.map((row) => row.node),
  );
  const inner = groupOf(() => rows);
  return {
    node,
    target: node,
    group: true,
    ...inner,
    // Who fills in nothing of what may be left out wants none of it, whatever it would require.
    read: (complain) => (field.nullable && rows.every(isBlank) ? {} : inner.read(complain)),
    write: (value) => writeAll(rows, value),
  };
}

/** Which kind it is stands in one property, and decides which fields there are. */
export function variantGroup(field, id, makeRow) {
  const optional = field.nullable || !field.required;
  const blank = h("option", { value: "" }, optional ? "—" : "Choose…");
  const options = field.variants.map(({ name }) => h("option", { value: name }, words(name)));
  const select = h("select", { id: `${id}-kind`, class: "input", "aria-labelledby": `${id}-label` }, blank, options);
  const inside = h("div", { class: "fields" });
  const node = h("div", { id, class: "group", role: "group" }, select, inside);
  let rows = [];
  const choose = (name, value) => {
    select.value = field.variants.some((variant) => variant.name === name) ? name : "";
    rows = (field.variants.find((variant) => variant.name === name)?.fields ?? []).map(makeRow);
    fill(
      inside,
      rows.map((row) => row.node),
    );
    inside.hidden = rows.length === 0;
    writeAll(rows, value);
  };
  select.addEventListener("change", () => choose(select.value, {}));
  const inner = groupOf(() => rows);
  return {
    node,
    target: node,
    group: true,
    ...inner,
    read(complain) {
      if (select.value === "") return {};
      const { value, faulty } = inner.read(complain);
      return { value: { [field.property]: select.value, ...value }, faulty };
    },
    write: (value) => choose(value?.[field.property] ?? "", value),
    take(fault) {
      // The server may name the kind on the way to the field.
      const path = fault.path.startsWith(`${select.value}.`) ? fault.path.slice(select.value.length + 1) : fault.path;
      return inner.take({ ...fault, path });
    },
    fits(value) {
      if (value === undefined || value === null) return true;
      const variant = field.variants.find(({ name }) => name === value[field.property]);
      const { [field.property]: _, ...rest } = value;
      return variant !== undefined && Object.keys(rest).every((name) => variant.fields.some((f) => f.name === name));
    },
    focus: () => (inner.isFaulty() ? inner.focus() : select.focus()),
  };
}

function groupOf(rows) {
  return {
    isFaulty: () => rows().some((row) => row.faulty),
    read(complain) {
      const value = {};
      let faulty = false;
      for (const row of rows()) {
        const read = row.read(complain);
        if (read.fault && complain) row.showFault(read.fault);
        if (read.fault || read.faulty) faulty = true;
        if ("value" in read && !isDefault(row.field, read.value)) value[row.field.name] = read.value;
      }
      return Object.keys(value).length || faulty ? { value, faulty } : {};
    },
    take: (fault) => rows().some((row) => row.take(fault)),
    fits: (value) => value === undefined || value === null || everyFits(rows(), value),
    clear: () => rows().forEach((row) => row.showFault("")),
    focus: () => (rows().find((row) => row.faulty) ?? rows()[0])?.focus(),
  };
}

/** Whether rows have a place for all that is in a value. */
export function everyFits(rows, value) {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.keys(value).every((name) => rows.find((row) => row.field.name === name)?.fits(value[name]));
}

function isBlank(row) {
  const read = row.control.read();
  return !read.fault && !read.faulty && (!("value" in read) || isDefault(row.field, read.value));
}

function writeAll(rows, value) {
  rows.forEach((row) => row.write(value ?? {}));
}

function isDefault(field, value) {
  return !field.required && field.hasDefault && JSON.stringify(field.default) === JSON.stringify(value);
}

/**
 * Controls that hold fields of their own: an object, and one of several kinds of object. Beside what `controls` says of
 * controls they have `take(fault)`, `fits(value)`, `clear()`, `focus()` and `isFaulty()`; `read(complain)` shows the faults
 * of their fields in place.
 */

import { fill, h } from "../ground/dom.js";
import { words } from "../ground/format.js";
import { fitsVariant, groupOf, isBlank, pathInVariant } from "./payload.js";

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
    take: (fault) => inner.take({ ...fault, path: pathInVariant(fault.path, select.value) }),
    fits: (value) => fitsVariant(field, value),
    focus: () => (inner.isFaulty() ? inner.focus() : select.focus()),
  };
}

function writeAll(rows, value) {
  rows.forEach((row) => row.write(value ?? {}));
}

/**
 * Controls that hold fields of their own: an object, and one of several kinds of object. Beside what `make` says of
 * controls they have `arrange(scope, isUsed)`, `take(fault)`, `fits(value)`, `clear()`, `focus()` and `isFaulty()`;
 * `read(complain)` shows the faults of their fields in place.
 */

import { fill, h } from "../../ground/dom.js";
import { groupOf, isBlank, scopeOf } from "../payload.js";
import { grouped, labelOf } from "../schema/hints.js";
import { fitsVariant, pathInVariant, variantOf } from "../schema/variants.js";
import { Sections } from "./sections.js";

/** `makeRow(field)` makes the row of a field inside. */
export function objectGroup(field, id, makeRow) {
  const rows = field.fields.map((one) => makeRow(one));
  const sections = new Sections(rows);
  const node = h("div", { id, class: "group", role: "group" }, sections.nodes);
  const inner = groupOf(() => rows);
  const mayBeBlank = field.nullable || !field.required;
  return {
    node,
    target: node,
    group: true,
    ...inner,
    arrange(scope, isUsed) {
      sections.arrange(scopeOf(rows, scope), isUsed);
      node.hidden = rows.every((row) => row.hidden);
    },
    isDemanded: () => rows.some((row) => row.isDemanded),
    // Who fills in nothing of what may be left out wants none of it, whatever it would require.
    read: (complain) => {
      const isDemanded = rows.some((row) => row.isDemanded);
      return mayBeBlank && !isDemanded && rows.every((row) => row.hidden || isBlank(row)) ? {} : inner.read(complain);
    },
    write(value) {
      rows.forEach((row) => row.write(value ?? {}));
      sections.unfold();
    },
  };
}

/** Which kind it is stands in one property, or two, and decides which fields there are. */
export function variantGroup(field, id, makeRow) {
  const isOptional = field.nullable || !field.required;
  const blank = h("option", { value: "" }, isOptional ? "—" : "Choose…");
  const select = h(
    "select",
    { id: `${id}-kind`, class: "input", "aria-labelledby": `${id}-label` },
    blank,
    optionsOf(field.variants),
  );
  const help = h("p", { class: "hint" });
  const inside = h("div", { class: "fields" });
  const node = h("div", { id, class: "group", role: "group" }, select, help, inside);
  let variant = null;
  let rows = [];
  let sections = new Sections(rows);
  const choose = (chosen, value) => {
    variant = chosen ?? null;
    select.value = variant?.key ?? "";
    rows = (variant?.fields ?? []).map((one) => makeRow(one));
    sections = new Sections(rows);
    fill(inside, sections.nodes);
    inside.hidden = rows.length === 0;
    help.textContent = variant?.help ?? "";
    help.hidden = !variant?.help;
    rows.forEach((row) => row.write(value ?? {}));
    sections.unfold();
  };
  select.addEventListener("change", () => {
    // What both kinds have stays, such as the column that is changed.
    const { value } = inner.read();
    const chosen = field.variants.find(({ key }) => key === select.value);
    const kept = Object.entries(value ?? {}).filter(([name]) => isCommon(variant, chosen, name));
    choose(chosen, Object.fromEntries(kept));
  });
  const inner = groupOf(() => rows);
  return {
    node,
    target: node,
    group: true,
    ...inner,
    arrange: (scope) =>
      sections.arrange(
        scopeOf(rows, (name) => variant?.consts[name] ?? scope(name)),
        true,
      ),
    read(complain) {
      if (!variant) return {};
      const { value, faulty } = inner.read(complain);
      return { value: { ...variant.consts, ...value }, faulty };
    },
    write: (value) => choose(value ? variantOf(field.variants, value) : null, value),
    take: (fault) => variant !== null && inner.take({ ...fault, path: pathInVariant(fault.path, variant) }),
    fits: (value) => fitsVariant(field, value) && (!value || fitsInside(field, value, makeRow)),
    focus: () => (inner.isFaulty() ? inner.focus() : select.focus()),
  };
}

/** A value of one of several types, such as a name or an object. */
export function eitherGroup(field, id, makeRow) {
  const options = field.options.map((option, at) => ({
    ...option,
    row: makeRow({ ...option.field, name: String(at) }),
  }));
  const choices = options.map(({ type }, at) => h("option", { value: String(at) }, labelOf(field, type)));
  const select = h("select", { id: `${id}-kind`, class: "input", "aria-labelledby": `${id}-label` }, choices);
  const inside = h("div", { class: "fields" });
  const node = h("div", { id, class: "group", role: "group" }, select, inside);
  const chosen = () => options[Number(select.value)];
  const show = () => fill(inside, chosen().row.control.node, chosen().row.fault);
  const choose = (value) => {
    const at = options.findIndex(({ type }) => type === (typeof value === "object" ? "object" : typeof value));
    select.value = String(Math.max(0, at));
    show();
  };
  select.addEventListener("change", show);
  return {
    node,
    target: node,
    group: true,
    arrange: (scope, isUsed) => chosen().row.arrange(scope, isUsed),
    isFaulty: () => chosen().row.faulty,
    read: (complain) => chosen().row.control.read(complain),
    write(value) {
      options.forEach(({ row }) => row.write({}));
      choose(value ?? "");
      chosen().row.control.write(value ?? undefined);
    },
    take: (fault) => chosen().row.control.take?.(fault) ?? false,
    clear: () => options.forEach(({ row }) => row.showFault("")),
    fits: (value) => value === undefined || options.some(({ type, row }) => type === typeof value && row.fits(value)),
    focus: () => chosen().row.focus(),
  };
}

/** The kinds, those of a section together. */
function optionsOf(variants) {
  const option = ({ key, label }) => h("option", { value: key }, label);
  return grouped(variants, ({ section }) => section).map(([label, inside]) =>
    label ? h("optgroup", { label }, inside.map(option)) : inside.map(option),
  );
}

function fitsInside(field, value, makeRow) {
  const variant = variantOf(field.variants, value);
  return variant.fields.every((one) => !(one.name in value) || makeRow(one).fits(value[one.name]));
}

function isCommon(one, other, name) {
  const kinds = [one, other].map((variant) => variant?.fields.find((field) => field.name === name)?.kind);
  return kinds[0] !== undefined && kinds[0] === kinds[1];
}

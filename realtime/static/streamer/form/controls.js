/**
 * One control per kind of field. A control is `{node, target, read, write, group}`: `node` goes into the form, `target`
 * takes focus and ARIA attributes, `group` is true when it is a group of inputs. `read()` gives `{value}`, `{}` when
 * nothing was given, or `{fault}` with a text; `write(value)` shows a value, undefined for none.
 */

import { fill, h } from "../ground/dom.js";
import { words } from "../ground/format.js";
import { objectGroup, variantGroup } from "./groups.js";
import { inputText, readChoices, readInput } from "./values.js";

const MOST_SEGMENTS = 4;
const MOST_SEGMENT_CHARACTERS = 32;

/** `known`: the `sources` and the `datasets` to choose from. `makeRow(field)` makes the row of a field inside this one. */
export function makeControl(field, id, known, makeRow) {
  if (field.kind === "object") return objectGroup(field, id, makeRow);
  if (field.kind === "variants") return variantGroup(field, id, makeRow);
  if (field.kind === "dataset") return suggesting(text(field, id), id, () => known.datasets.names());
  if (field.kind === "column") return suggesting(text(field, id), id, (input) => known.datasets.columns(chosen(input)));
  if (field.kind === "choice")
    return isSegmented(field) ? segments(field, id) : select(field, id, field.options.map(option));
  if (field.kind === "source") return select(field, id, known.sources.map(sourceOption));
  const make = { choices, switch: toggle, integer: number, number, date, datetime, list, json }[field.kind] ?? text;
  return make(field, id);
}

function isSegmented(field) {
  const characters = field.options.reduce((sum, value) => sum + String(value).length, 0);
  const settled = !field.nullable && (field.required || field.hasDefault);
  return settled && field.options.length <= MOST_SEGMENTS && characters <= MOST_SEGMENT_CHARACTERS;
}

function option(value) {
  return { value, label: words(value) };
}

function sourceOption(source) {
  const label = source.label && source.label !== source.name ? `${source.label} (${source.name})` : source.name;
  return { value: source.name, label, title: source.description };
}

function select(field, id, options) {
  const node = h("select", { id, class: "input" });
  if (field.nullable || !field.hasDefault) node.append(h("option", { value: "" }, field.required ? "Choose…" : "—"));
  options.forEach((item, index) => node.append(h("option", { value: String(index), title: item.title }, item.label)));
  return {
    node,
    target: node,
    read: () => (node.value === "" ? {} : { value: options[Number(node.value)].value }),
    write(value) {
      // A value that is offered no more leaves the field blank, for the person to choose anew.
      const index = options.findIndex((item) => item.value === value);
      node.value = index >= 0 ? String(index) : "";
    },
  };
}

function segments(field, id) {
  const inputs = field.options.map((_, index) => h("input", { type: "radio", name: id, value: String(index) }));
  const labels = inputs.map((input, index) =>
    h("label", { class: "segment" }, input, h("span", {}, words(field.options[index]))),
  );
  const node = h("div", { id, class: "segments", role: "radiogroup" }, labels);
  return {
    node,
    target: node,
    group: true,
    read() {
      const index = inputs.findIndex((input) => input.checked);
      return index < 0 ? {} : { value: field.options[index] };
    },
    write: (value) => inputs.forEach((input, index) => (input.checked = field.options[index] === value)),
  };
}

function choices(field, id) {
  const inputs = field.options.map(() => h("input", { type: "checkbox" }));
  const labels = inputs.map((input, index) =>
    h("label", { class: "segment" }, input, h("span", {}, words(field.options[index]))),
  );
  const node = h("div", { id, class: "segments loose", role: "group" }, labels);
  return {
    node,
    target: node,
    group: true,
    read() {
      const checked = inputs.map((input) => input.checked);
      return readChoices(field, checked);
    },
    write: (value) => inputs.forEach((input, index) => (input.checked = (value ?? []).includes(field.options[index]))),
  };
}

function toggle(_field, id) {
  const input = h("input", { id, type: "checkbox", role: "switch", class: "switch" });
  return {
    node: input,
    target: input,
    read: () => ({ value: input.checked }),
    write: (value) => (input.checked = value === true),
  };
}

function number(field, id) {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = field.limits;
  const input = h("input", {
    id,
    type: "number",
    class: "input short",
    step: field.kind === "integer" ? "1" : "any",
    min: minimum ?? exclusiveMinimum,
    max: maximum ?? exclusiveMaximum,
    inputmode: field.kind === "integer" ? "numeric" : "decimal",
  });
  return typed(field, input);
}

function date(field, id) {
  return typed(field, h("input", { id, type: "date", class: "input short" }));
}

function datetime(field, id) {
  return typed(field, h("input", { id, type: "datetime-local", class: "input", step: "1" }));
}

function text(field, id) {
  const long = (field.limits.maxLength ?? 0) > 200;
  const props = { id, class: "input", maxlength: field.limits.maxLength, spellcheck: "false", autocomplete: "off" };
  const input = long ? h("textarea", { ...props, rows: "3" }) : h("input", { ...props, type: "text" });
  return typed(field, input);
}

/** A text with suggestions, asked for when somebody comes to the field. Whatever is typed counts. */
function suggesting(control, id, suggest) {
  const suggestions = h("datalist", { id: `${id}-list` });
  const { target } = control;
  target.setAttribute("list", suggestions.id);
  target.addEventListener("focus", async () => {
    const names = await suggest(target);
    fill(
      suggestions,
      names.map((value) => h("option", { value })),
    );
  });
  return { ...control, node: h("div", {}, control.node, suggestions) };
}

/** What stands in the form's field for a dataset. */
function chosen(input) {
  return input.form?.querySelector("[data-kind=dataset] input")?.value ?? "";
}

function list(field, id) {
  const input = h("input", {
    id,
    type: "text",
    class: "input",
    placeholder: "one, two, three",
    spellcheck: "false",
    autocomplete: "off",
  });
  return typed(field, input);
}

function json(field, id) {
  const input = h("textarea", { id, class: "input code", rows: "4", spellcheck: "false", autocomplete: "off" });
  if (field.example !== undefined) input.placeholder = JSON.stringify(field.example, null, 1);
  else if (field.limits.type === "object") input.placeholder = "{ }";
  return typed(field, input);
}

/** The control that an input is. */
function typed(field, input) {
  return {
    node: input,
    target: input,
    read: () => readInput(field, input),
    write: (value) => (input.value = inputText(field, value)),
  };
}

/** Controls in which something is chosen of what the schema offers. */

import { h } from "../../ground/dom.js";
import { labelOf } from "../schema/hints.js";
import { readChoices } from "../values.js";

const MOST_SEGMENTS = 4;
const MOST_SEGMENT_CHARACTERS = 40;

export function choice(field, id) {
  const options = field.options.map((value) => ({ value, label: labelOf(field, value) }));
  return isSegmented(field, options) ? segments(options, id) : select(field, id, options);
}

function isSegmented(field, options) {
  const characters = options.reduce((sum, { label }) => sum + label.length, 0);
  const isSettled = !field.nullable && (field.required || field.hasDefault);
  return isSettled && options.length <= MOST_SEGMENTS && characters <= MOST_SEGMENT_CHARACTERS;
}

/** `options`: `[{value, label, title}]`. */
export function select(field, id, options) {
  const node = h("select", { id, class: "input" });
  const isOpen = field.nullable || !field.hasDefault;
  if (isOpen) node.append(h("option", { value: "" }, field.required ? "Choose…" : (field.placeholder ?? "—")));
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

function segments(options, id) {
  const inputs = options.map((_, index) => h("input", { type: "radio", name: id, value: String(index) }));
  const node = h("div", { id, class: "segments", role: "radiogroup" }, labelled(inputs, options));
  return {
    node,
    target: node,
    group: true,
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0]).focus(),
    read() {
      const index = inputs.findIndex((input) => input.checked);
      return index < 0 ? {} : { value: options[index].value };
    },
    write: (value) => inputs.forEach((input, index) => (input.checked = options[index].value === value)),
  };
}

export function choices(field, id) {
  const options = field.options.map((value) => ({ value, label: labelOf(field, value) }));
  const inputs = options.map(() => h("input", { type: "checkbox" }));
  const node = h("div", { id, class: "segments loose", role: "group" }, labelled(inputs, options));
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

export function toggle(_field, id) {
  const input = h("input", { id, type: "checkbox", role: "switch", class: "switch" });
  return {
    node: input,
    target: input,
    read: () => ({ value: input.checked }),
    write: (value) => (input.checked = value === true),
  };
}

/** A segment for each of some radio buttons or check boxes. */
export function labelled(inputs, options) {
  return inputs.map((input, index) =>
    h("label", { class: "segment" }, input, h("span", {}, options[index].label ?? options[index])),
  );
}

/** Controls in which something is typed. */

import { h } from "../../ground/dom.js";
import { inputText, readInput } from "../values.js";

const TYPED = { spellcheck: "false", autocomplete: "off" };

/** The control that an input is. */
export function typed(field, input) {
  return {
    node: input,
    target: input,
    read: () => readInput(field, input),
    write: (value) => (input.value = inputText(field, value)),
  };
}

/** One line, or several where the text has them. */
export function text(field, id) {
  const props = { id, class: "input", maxlength: field.limits.maxLength, placeholder: field.placeholder, ...TYPED };
  const isLong = field.widget === "textarea" || (field.limits.maxLength ?? 0) > 1000;
  const code = field.limits.maxLength >= 10_000 ? " code" : "";
  if (isLong) return typed(field, h("textarea", { ...props, class: `input${code}`, rows: "3" }));
  return growing(field, h("input", { ...props, type: "text" }));
}

/** An input of one line has no place for line ends: a text with some gets a larger one in its place. */
function growing(field, line) {
  let input = line;
  const node = h("div", {}, input);
  const grow = () => {
    const larger = h("textarea", { rows: "3" });
    for (const { name, value } of line.attributes) if (name !== "type") larger.setAttribute(name, value);
    input.replaceWith(larger);
    input = larger;
  };
  return {
    node,
    get target() {
      return input;
    },
    read: () => readInput(field, input),
    write(value) {
      const shown = inputText(field, value);
      if (/[\r\n]/.test(shown) && input === line) grow();
      input.value = shown;
    },
  };
}

export function number(field, id) {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = field.limits;
  const input = h("input", {
    id,
    type: "number",
    class: "input short",
    step: field.kind === "integer" ? "1" : "any",
    min: minimum ?? exclusiveMinimum,
    max: maximum ?? exclusiveMaximum,
    inputmode: field.kind === "integer" ? "numeric" : "decimal",
    placeholder: field.placeholder,
  });
  return typed(field, input);
}

/** A number between two bounds, by sight. Without bounds or a default, which it could not show, a number is typed. */
export function slider(field, id) {
  const { minimum, maximum } = field.limits;
  if (minimum === undefined || maximum === undefined || !Number.isFinite(field.default)) return number(field, id);
  const step = field.kind === "integer" ? 1 : (maximum - minimum) / 100;
  const input = h("input", { id, type: "range", min: minimum, max: maximum, step });
  const shown = h("output", { for: id, class: "slider-value" });
  const show = () => (shown.textContent = input.value);
  input.addEventListener("input", show);
  return {
    node: h("div", { class: "slider" }, input, shown),
    target: input,
    read: () => ({ value: Number(input.value) }),
    write(value) {
      input.value = String(value ?? field.default);
      show();
    },
    // The slider moves in steps, and would show another number than the one that is sent.
    fits: (value) => value === undefined || (Number.isFinite(value) && value >= minimum && value <= maximum),
  };
}

export function date(field, id) {
  return typed(field, h("input", { id, type: "date", class: "input short" }));
}

export function datetime(field, id) {
  return typed(field, h("input", { id, type: "datetime-local", class: "input", step: "1" }));
}

export function json(field, id) {
  const input = h("textarea", { id, class: "input code", rows: "4", ...TYPED });
  if (field.placeholder) input.placeholder = field.placeholder;
  else if (field.example !== undefined) input.placeholder = JSON.stringify(field.example, null, 1);
  else if (field.limits.type === "object") input.placeholder = "{ }";
  return typed(field, input);
}

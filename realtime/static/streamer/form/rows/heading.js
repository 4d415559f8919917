/** The heading of a column of items: the name of a field of the action, or an input that asks for a name. */

import { h } from "../../ground/dom.js";
import { isNameless } from "./cells.js";

/**
 * `field`: what is known of the column, undefined for nothing. `onName(from, to)` gives the name from then on, and
 * `onEnter(name)` goes on to the cells.
 */
export function heading(name, field, { onName, onEnter }) {
  if (field)
    return h("th", { scope: "col", title: field.description }, name, field.required && h("span", {}, "required"));
  let own = name;
  const input = h("input", {
    class: "input cell",
    type: "text",
    placeholder: "Name of a field",
    "aria-label": "Name of the field",
  });
  input.value = isNameless(name) ? "" : name;
  input.addEventListener("change", () => {
    own = onName(own, input.value.trim());
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    onEnter(own);
  });
  return h("th", { scope: "col" }, input);
}

/**
 * One control per kind of field. A control is `{node, target, read, write, group}`: `node` goes into the form, `target`
 * takes focus and ARIA attributes, `group` is true when it is a group of inputs. `read()` gives `{value}`, `{}` when
 * nothing was given, or `{fault}` with a text; `write(value)` shows a value, undefined for none. Those that hold fields
 * of their own have more: see `groups`.
 */

import { exact } from "../payload.js";
import { anything } from "./anything.js";
import { choice, choices, toggle } from "./choice.js";
import { eitherGroup, objectGroup, variantGroup } from "./groups.js";
import { listEditor, valuesEditor } from "./lists.js";
import { mapEditor } from "./maps.js";
import { action, column, dataset, model, source } from "./pickers.js";
import { rowsEditor } from "./rows.js";
import { date, datetime, json, number, slider, text } from "./text.js";

const GROUPS = { object: objectGroup, variants: variantGroup, either: eitherGroup };
const EDITORS = { list: listEditor, map: mapEditor, rows: rowsEditor, values: valuesEditor };
const INPUTS = {
  ...{ action, anything, choice, choices, column, dataset, date, datetime, json, model, source, text },
  ...{ switch: toggle, integer: number, number },
};

/** `known`: what there is to choose from. `makeRow(field, options)` makes the row of a field inside this one. */
export function makeControl(field, id, known, makeRow) {
  if (GROUPS[field.kind]) return GROUPS[field.kind](field, id, makeRow);
  if (EDITORS[field.kind]) return exact(EDITORS[field.kind](field, id, makeRow, known));
  const isNumber = field.kind === "integer" || field.kind === "number";
  const make = field.widget === "slider" && isNumber ? slider : (INPUTS[field.kind] ?? text);
  return exact(make(field, id, known));
}

/** What a handler says about the form of a field: `x-form` in its schema. What does not fit is passed over. No DOM here. */

import { sentence } from "../../ground/format.js";

const WIDGETS = ["textarea", "slider", "json", "source", "dataset", "column", "model", "action"];
const textOf = (value) => (typeof value === "string" ? value : undefined);
const objectOf = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});

/** The hints of some schemas of one field; a later one goes before an earlier one. */
export function hintsOf(...schemas) {
  const form = Object.assign({}, ...schemas.map((schema) => objectOf(schema?.["x-form"])));
  return {
    label: textOf(form.label) || undefined,
    help: textOf(form.help),
    placeholder: textOf(form.placeholder),
    choices: objectOf(form.choices),
    section: textOf(form.group) || undefined,
    widget: WIDGETS.includes(form.widget) ? form.widget : undefined,
    showWhen: objectOf(form.show_when),
    requiredWhen: objectOf(form.required_when),
    listWhen: objectOf(form.list_when),
    open: form.open === true,
    order: Number.isFinite(form.order) ? form.order : 0,
    periodEnd: textOf(form.period_end) || undefined,
    rowsOf: textOf(form.rows_of) || undefined,
    preview: textOf(form.preview) || undefined,
  };
}

/** How one of the values of a field is called. */
export function labelOf({ choices }, value) {
  const given = choices && Object.hasOwn(choices, String(value)) ? choices[String(value)] : undefined;
  if (typeof given === "string" && given) return given;
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return sentence(value);
}

/** Whether all conditions hold, of which each is a value or a list of values; `scope(name)` gives the value of a field. */
export function meets(conditions, scope) {
  return Object.entries(conditions ?? {}).every(([name, wanted]) => {
    const value = scope(name);
    return Array.isArray(wanted) ? wanted.includes(value) : value === wanted;
  });
}

/** The same for conditions that may be none, which then do not hold. */
export function meetsSome(conditions, scope) {
  return Object.keys(conditions ?? {}).length > 0 && meets(conditions, scope);
}

/** Items by a key of theirs → `[[key, items], …]`, both in order. */
export function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

/** Docstrings mark code with backticks, which mean nothing to people. */
export function plain(text) {
  return text.replaceAll("`", "");
}

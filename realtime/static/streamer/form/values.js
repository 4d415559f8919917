/**
 * Convert between the text in an input and the value in a payload. Reading gives `{value}`, `{}` when nothing was
 * given, or `{fault}` with a text. No DOM here: an input is anything with `value` and `validity`.
 */

import { checkNumber, checkText } from "./checks.js";

/** By kind of field. `incomplete`: what is wrong when the browser cannot make sense of what was typed. */
const KINDS = {
  text: { read: checkText },
  number: { read: (text, field) => checkNumber(Number(text), field), incomplete: "This is not a number." },
  date: { read: (text) => ({ value: text }), incomplete: "This is not a complete date." },
  datetime: {
    read: (text) => ({ value: new Date(text).toISOString() }),
    show: (value) => (value ? localTime(value) : ""),
    incomplete: "This is not a complete date and time.",
  },
  json: { read: (text, field) => readJson(text, field.limits.type), show: jsonText, trims: true },
};
KINDS.integer = KINDS.number;

/** What stands in the input of a field. */
export function readInput(field, { value: text, validity }) {
  const kind = KINDS[field.kind] ?? KINDS.text;
  if (kind.incomplete && validity.badInput) return { fault: kind.incomplete };
  if ((kind.trims ? text.trim() : text) === "") return {};
  return kind.read(text, field);
}

/** The text that shows a value in the input of a field; undefined and null show as nothing. */
export function inputText(field, value) {
  const show = KINDS[field.kind]?.show;
  return show ? show(value) : String(value ?? "");
}

/** The options that are chosen: `chosen[index]` says whether the option at `index` is. */
export function readChoices(field, chosen) {
  const value = field.options.filter((_, index) => chosen[index]);
  return value.length || field.required ? { value } : emptyList(field);
}

/** → `{value}`, `{}` for blank text, `{fault}`. `type` is "object", "array" or undefined for any. */
export function readJson(source, type) {
  if (source.trim() === "") return {};
  let value;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return { fault: `This is not valid JSON: ${error.message}` };
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "object" && !isObject) return { fault: "This must be a JSON object: { … }." };
  if (type === "array" && !Array.isArray(value)) return { fault: "This must be a JSON array: [ … ]." };
  return { value };
}

/** Nothing chosen means "not given", unless something was chosen by default and has been taken away. */
export function emptyList(field) {
  return Array.isArray(field.default) && field.default.length > 0 ? { value: [] } : {};
}

function jsonText(value) {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

function localTime(value) {
  const moment = new Date(value);
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60000);
  return Number.isNaN(local.getTime()) ? "" : local.toISOString().slice(0, 19);
}

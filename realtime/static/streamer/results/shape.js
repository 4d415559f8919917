/** Find in a result what can be shown for people: facts, tables, what is nested. No DOM here. */

import { isFile } from "../files/artifacts.js";
import { cut, inUnit } from "../ground/format.js";
import { measure, measured, valueText } from "./figures.js";

const MAX_FACTS = 60;
const MAX_FACT_CHARACTERS = 300;
const ABOUT_FILE = new Set(["url", "filename", "size_bytes", "sha256", "media_type", "artifact_id", "expires_at"]);

/**
 * The parts of an object in reading order: plain values first, then what is nested, rows last. Each is `{kind, name,
 * …}`: `facts` with `rows` of label and text; `metrics` and `table` with `rows` of objects; `object` with the `value`
 * in it; `list` with its `text`.
 */
export function partsOf(object) {
  const entries = Object.entries(isFile(object) ? withoutFile(object) : object);
  const plain = entries.filter(([, value]) => value !== null && typeof value !== "object");
  const nested = entries.filter(([, value]) => isObject(value) && Object.keys(value).length > 0);
  const lists = entries.filter(([, value]) => Array.isArray(value) && value.length > 0);
  const scores = compared(object);
  return [
    plain.length ? { kind: "facts", rows: plain.slice(0, MAX_FACTS).map(fact) } : null,
    scores ? { kind: "metrics", name: "metrics", rows: scores } : null,
    ...nested
      .filter(([name, value]) => !isFile(value) && name !== "artifacts" && !(scores && isScore(name)))
      .map(([name, value]) => nestedPart(name, value)),
    ...lists.map(([name, value]) => listPart(name, value)),
  ].filter(Boolean);
}

/** Whether there is anything in a value to show. */
export function isEmpty(value) {
  return value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0);
}

/** Whether a value is an object, and neither null nor a list. */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value on one line, for what is nested too deep to be shown in parts. */
export function brief(value) {
  return cut(JSON.stringify(value), MAX_FACT_CHARACTERS);
}

function nestedPart(name, value) {
  const matrix = confusion(value);
  return matrix ? { kind: "table", name, rows: matrix } : { kind: "object", name, value };
}

function listPart(name, value) {
  if (value.every(isObject)) return { kind: "table", name, rows: value };
  const items = value.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item)));
  return { kind: "list", name, text: cut(items.join(", "), MAX_FACT_CHARACTERS) };
}

function fact([name, value]) {
  return labelled(name, value).map((text) => cut(text, MAX_FACT_CHARACTERS));
}

/** The label of a plain value, without the unit that its text has, and the text. */
export function labelled(name, value) {
  const [what, text] = inUnit(name, value) ?? [name, valueText(name, value)];
  return [label(what), text];
}

/** Codes stay as they are. */
export function label(name) {
  return /^[A-Z0-9_]+$/.test(name) ? name : measure(name);
}

/** What was reached beside what the simplest guess would have. Null when there is nothing to put side by side. */
export function compared({ metrics, baseline }) {
  if (!isObject(metrics) || !isObject(baseline)) return null;
  const names = Object.keys(metrics).filter((name) => typeof metrics[name] === "number");
  if (names.length === 0 || !names.some((name) => typeof baseline[name] === "number")) return null;
  return names.map((name) => ({
    metric: measure(name),
    reached: measured(metrics[name]),
    baseline: typeof baseline[name] === "number" ? measured(baseline[name]) : (baseline[name] ?? null),
  }));
}

/** How often each class was taken for each other one, as rows. Null for what is nothing of the kind. */
export function confusion({ classes, counts }) {
  if (!Array.isArray(classes) || !Array.isArray(counts) || counts.length !== classes.length) return null;
  const predicted = (row) => classes.map((name, index) => [`predicted ${name}`, row?.[index]]);
  return classes.map((name, index) => ({ truly: String(name), ...Object.fromEntries(predicted(counts[index])) }));
}

function isScore(name) {
  return name === "metrics" || name === "baseline";
}

/** What a description of a file says beside the file itself. */
export function withoutFile(object) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !ABOUT_FILE.has(name)));
}

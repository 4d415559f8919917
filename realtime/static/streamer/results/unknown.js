/** Any result, at a glance: numbers as tiles, rows of numbers as charts, the rest in parts. No DOM here. */

import { isFile } from "../files/artifacts.js";
import { sentence, words } from "../ground/format.js";
import { chartOf } from "./chart.js";
import { tile } from "./figures.js";
import { isObject, label, labelled, withoutFile } from "./shape.js";

const MAX_TILES = 6;
const MAX_BARS = 30;
const MAX_POINTS = 400;
const DATE = /^\d{4}(-(\d\d|Q\d|W\d\d))?(-\d\d)?([T ]\d\d:\d\d.*)?$/;
// A number that only says which thing it is tells nothing by its size.
const IDENTIFIER = /(^|_)(id|index|row|line|year|code|number|seed|version)$/;

/** → a view of an object or a list of objects; see `views.js`. */
export function unknownView(result) {
  const object = Array.isArray(result) ? { rows: result } : isObject(result) ? result : { result };
  const own = isFile(object) ? withoutFile(object) : object;
  const tiles = Object.entries(own).filter(([name, value]) => Number.isFinite(value) && !IDENTIFIER.test(name));
  const shown = tiles.slice(0, MAX_TILES);
  const charts = Object.entries(own).map(([name, value]) => [name, chartIn(name, value)]);
  const drawn = charts.filter(([, chart]) => chart !== null);
  const left = new Set([...shown, ...drawn].map(([name]) => name).concat("notes"));
  return {
    tiles: shown.map(([name, value]) => tile(...labelled(name, value))),
    charts: drawn.map(([, chart]) => chart),
    tables: [],
    notes: notesOf(own.notes),
    rest: Object.fromEntries(Object.entries(own).filter(([name]) => !left.has(name))),
  };
}

function notesOf(notes) {
  if (typeof notes === "string") return [notes];
  return Array.isArray(notes) ? notes.filter((note) => typeof note === "string") : [];
}

/** A chart of rows with a name and a number each, or of an object with nothing but numbers. */
function chartIn(name, value) {
  if (Array.isArray(value)) return rowChart(sentence(name), value);
  if (!isObject(value)) return null;
  const entries = Object.entries(value);
  if (!entries.every(([, number]) => Number.isFinite(number))) return null;
  return rowChart(
    sentence(name),
    entries.map(([key, number]) => ({ name: label(key), value: number })),
  );
}

/** A chart of rows that have a name and a number each, else null. `title`: without it, the two columns. */
export function rowChart(title, rows) {
  if (rows.length < 2 || rows.length > MAX_POINTS || !rows.every(isObject)) return null;
  const names = Object.keys(rows[0]);
  const by = names.find((one) => isName(rows, one));
  const of = names.find((one) => !IDENTIFIER.test(one) && rows.every((row) => Number.isFinite(row[one])));
  if (!by || !of) return null;
  const dated = rows.every((row) => DATE.test(row[by])) && isSorted(rows.map((row) => row[by]));
  if (!dated && rows.length > MAX_BARS) return null;
  return chartOf(dated ? "line" : "bar", title ?? `${sentence(of)} by ${words(by)}`, {
    labelName: sentence(by),
    valueName: sentence(of),
    rows: rows.map((row) => ({ label: row[by], values: [row[of]] })),
    table: rows,
  });
}

/** Whether a column tells the rows apart by texts. */
function isName(rows, column) {
  const texts = new Set(rows.map((row) => row[column]));
  return texts.size === rows.length && rows.every((row) => typeof row[column] === "string");
}

function isSorted(texts) {
  return texts.every((text, at) => at === 0 || texts[at - 1] < text);
}

/** Choose which rows and columns of a table are shown, and say what is left out. No DOM here. */

import { counted, cut } from "./format.js";

const MAX_ROWS = 100;
const MAX_COLUMNS = 60;
const MAX_CELL_CHARACTERS = 300;

/**
 * → `{names, rows, numeric, left}`: the columns and rows to show, the set of columns that hold numbers, and a sentence
 * on what is left out (empty for nothing). `columns`: the names in order; without it, those that the rows have.
 */
export function gridOf(rows, columns) {
  const shown = rows.slice(0, MAX_ROWS);
  const all = columns ?? [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const names = all.slice(0, MAX_COLUMNS);
  const numeric = new Set(names.filter((name) => shown.some((row) => typeof row[name] === "number")));
  const left = [
    rows.length > shown.length ? counted(rows.length - shown.length, "more row") : "",
    all.length > names.length ? counted(all.length - names.length, "more column") : "",
  ].filter(Boolean);
  return { names, rows: shown, numeric, left: left.length ? `And ${left.join(" and ")}.` : "" };
}

/** The text of one cell; null where there is no value. */
export function cellText(value) {
  if (value === null || value === undefined) return null;
  return shorten(typeof value === "object" ? JSON.stringify(value) : String(value));
}

/** A text no longer than a cell may be. */
export function shorten(text) {
  return cut(text, MAX_CELL_CHARACTERS);
}

/** The cells of a table of items: what a text in one means, and what is wrong with a row. No DOM here. */

import { count } from "../../ground/format.js";
import { offerOf } from "../anything.js";
import { checkNumber, checkText } from "../checks.js";

/** What is wrong with a table in which a column has values and no name. */
export const NO_NAME = "Name the field of each column that has values.";
/** Wider items are written as JSON. */
export const MAX_COLUMNS = 30;
// No name of a field may begin with it, so a column without a name is told by it.
const NAMELESS = "\0";
const TEXTS = ["text", "date", "datetime", "source", "dataset", "column", "model", "action"];
const YES_AND_NO = { true: true, yes: true, false: false, no: false };

/** The key of another column until somebody names its field. `names`: those of the other columns. */
export function namelessKey(names) {
  let number = 1;
  while (names.includes(`${NAMELESS}${number}`)) number += 1;
  return `${NAMELESS}${number}`;
}

export function isNameless(name) {
  return name.startsWith(NAMELESS);
}

/** The cells of an item whose columns have a name. */
export function namedOnly(cells) {
  return new Map([...cells].filter(([name]) => !isNameless(name)));
}

/** The text that shows a value; undefined shows as nothing. */
export function showCell(value) {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * What a text in a cell is → `{value}`, with `fault` where the field does not take it, or `{}` for an empty one. `field`
 * is that of the column, undefined where nothing is known of it: then a number is a number, and JSON is JSON.
 */
export function readCell(text, field) {
  if (text === "") return {};
  if (TEXTS.includes(field?.kind)) return { value: text, ...faultOnly(checkText(text, field)) };
  if (field?.kind === "number" || field?.kind === "integer") return readNumber(text, field);
  if (field?.kind === "switch") return readSwitch(text);
  if (field?.kind === "choice") return readChoice(text, field);
  const offer = offerOf(text, null);
  return { value: offer && typeof offer.value !== "string" ? offer.value : text };
}

/** What is wrong with an item, in one text; empty for nothing. `fields` are known; `isOpen`: there may be others. */
export function faultOf(cells, fields, isOpen) {
  const missing = fields.filter(({ name, required }) => required && !("value" in (cells.get(name) ?? {})));
  const faults = [...cells].filter(([, { fault }]) => fault).map(([name, { fault }]) => `${name}: ${fault}`);
  const unknown =
    fields.length && !isOpen
      ? [...cells.keys()].filter((name) => !isNameless(name) && !fields.some((one) => one.name === name))
      : [];
  return [
    ...missing.map(({ name }) => `${name}: This is required.`),
    ...faults,
    ...unknown.map((name) => `${name}: The action has no such field.`),
  ].join(" ");
}

/** What is said below the table. `faulty`: how many items would fail; `unseen`: how many are not drawn. */
export function remarks({ lacksName, faulty, unseen }) {
  const said = [];
  if (lacksName) said.push(NO_NAME);
  if (faulty === 1) said.push("1 item would fail as it stands.");
  else if (faulty) said.push(`${count(faulty)} items would fail as they stand.`);
  if (unseen) said.push(`${count(unseen)} more items are sent but not shown; “Edit as JSON” shows all.`);
  return said.join(" ");
}

/** The names of all fields that some items have. */
export function namesOf(items) {
  return [...new Set(items.flatMap((item) => Object.keys(item)))];
}

/** Whether a value is a list of objects that a table has a place for. */
export function fitsTable(value) {
  const isObject = (item) => typeof item === "object" && item !== null && !Array.isArray(item);
  return (
    Array.isArray(value) &&
    value.every((item) => isObject(item) && Object.keys(item).length > 0) &&
    namesOf(value).length <= MAX_COLUMNS
  );
}

/** What was read of the cells of an item → the item. */
export function valuesOf(cells) {
  return Object.fromEntries([...cells].map(([name, { value }]) => [name, value]));
}

function readNumber(text, field) {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return { value: text, fault: "This is not a number." };
  return { value, ...faultOnly(checkNumber(value, field)) };
}

function readSwitch(text) {
  const value = YES_AND_NO[text.trim().toLowerCase()];
  return value === undefined ? { value: text, fault: "This must be true or false." } : { value };
}

function readChoice(text, field) {
  const value = field.options.find((option) => String(option) === text);
  const names = field.options.join(", ");
  return value === undefined ? { value: text, fault: `This must be one of: ${names}.` } : { value };
}

function faultOnly({ fault }) {
  return fault ? { fault } : {};
}

/** Reads a JSON Schema of a payload as a list of form fields. No DOM here. */

import { sentence, words } from "../../ground/format.js";
import { hintsOf, plain } from "./hints.js";
import { unwrap } from "./references.js";
import { variantsOf } from "./variants.js";

const SCALARS = ["string", "integer", "number", "boolean"];
const FORMATS = {
  "streamer-source": "source",
  "streamer-dataset": "dataset",
  "streamer-column": "column",
  date: "date",
  "date-time": "datetime",
};

/**
 * The fields of an object schema, by their order. Each is
 * `{name, title, description, required, nullable, hasDefault, default, kind, …}` and its hints, with `kind` one of
 *
 * - choice, choices: one, or some, of `options`
 * - switch, integer, number, text, date, datetime, json, source, dataset, column, model, action
 * - anything: text, or other JSON of the types `accepts` (null: any); values: one of these or a list
 * - list: `item()` is the field of an entry; map: `item()` is the field of a value, `keys` the kind of the names
 * - rows: objects of any fields
 * - object: `fields`; either: `options` (`{type, field}`); variants: `variants` as in `variantsOf`
 *
 * `limits` is as in the schema (`minimum`, `maxLength` …); `example` where the schema has one.
 */
export function describeFields(schema, root = schema) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {})
    .map(([name, property]) => describeField(name, property, root, required.has(name)))
    .sort((a, b) => a.order - b.order);
}

export function describeField(name, property, root, required) {
  const { core, nullable } = unwrap(property, root);
  const hints = hintsOf(core, property);
  return {
    ...hints,
    name,
    title: hints.label ?? title(name, property.title ?? core.title),
    description: hints.help ?? plain(property.description ?? core.description ?? ""),
    required,
    nullable,
    hasDefault: "default" in property,
    default: property.default,
    example: (property.examples ?? core.examples)?.[0],
    limits: core,
    ...kindOf(core, root, nullable, hints),
  };
}

function kindOf(core, root, nullable, hints) {
  if (hints.widget === "json") return { kind: "json" };
  if (core.enum) return { kind: "choice", options: core.enum };
  if ("const" in core) return { kind: "choice", options: [core.const] };
  // A switch cannot say "not given".
  if (core.type === "boolean") return nullable ? { kind: "choice", options: [true, false] } : { kind: "switch" };
  if (core.type === "integer" || core.type === "number") return { kind: core.type };
  if (core.type === "array") return arrayKind(core, root, hints);
  if (core.discriminator) return variantsKind(core, root, hints);
  if (core.anyOf) return unionKind(core.anyOf, root, hints);
  if (core.properties) return { kind: "object", fields: describeFields(core, root) };
  if (core.type === "object") return mapKind(core, root, hints);
  if (core.type === undefined) return { kind: "anything", accepts: null };
  if (core.type !== "string") return { kind: "json" };
  return { kind: textKind(core, hints) };
}

function textKind(core, { widget }) {
  if (["source", "dataset", "column", "model", "action"].includes(widget)) return widget;
  return FORMATS[core.format] ?? "text";
}

function variantsKind(core, root, hints) {
  const variants = variantsOf(core, root, hints, describeFields);
  return variants ? { kind: "variants", variants } : { kind: "json" };
}

function unionKind(members, root, { widget }) {
  const types = members.map(({ type }) => type);
  const scalars = types.filter((type) => SCALARS.includes(type));
  if (scalars.length === types.length) {
    const isNumber = types.every((type) => type === "integer" || type === "number");
    return isNumber ? { kind: "number" } : { kind: "anything", accepts: types };
  }
  const other = members.filter(({ type }) => !SCALARS.includes(type));
  if (scalars.length && other.length === 1 && other[0].type === "array") {
    const item = unwrap(other[0].items ?? {}, root).core;
    const inner = item.anyOf ? item.anyOf.map(({ type }) => type) : [item.type];
    if (inner.every((type) => SCALARS.includes(type))) return { kind: "values", accepts: scalars };
  }
  if (types.join() === "string,object" && members[1].properties) {
    const options = members.map((member, at) => ({
      type: types[at],
      field: describeField("", at ? member : { ...member, "x-form": { widget } }, root, true),
    }));
    return { kind: "either", options };
  }
  return { kind: "json" };
}

function arrayKind(core, root, hints) {
  if (core.prefixItems) return { kind: "json" };
  const items = unwrap(core.items ?? {}, root).core;
  if (items.enum) return { kind: "choices", options: items.enum };
  // Rows of a table: too wide for an editor of single entries.
  const isFree = items.type === "object" && !items.properties && !items.discriminator;
  if (isFree) return { kind: "rows" };
  if (items.type === "array") return { kind: "json" };
  const inherited = { widget: hints.widget, choices: hints.choices };
  const item = core.items?.["x-form"] ? core.items : { ...core.items, "x-form": { ...items["x-form"], ...inherited } };
  return { kind: "list", item: () => describeField("", item, root, true) };
}

function mapKind(core, root, { widget }) {
  const value = core.additionalProperties;
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return { kind: "json" };
  const keys = widget === "column" ? "column" : "text";
  return { kind: "map", keys, item: () => describeField("", value, root, true) };
}

/** Titles made from the name by a machine ("Start Date") read better as a sentence; titles somebody wrote stay. */
function title(name, given) {
  if (!given || given.toLowerCase() === words(name)) return sentence(name);
  return given;
}

/** One of several kinds of object, told apart by a property, as a list to choose from. No DOM here. */

import { hintsOf, labelOf, plain } from "./hints.js";
import { resolve } from "./references.js";

/**
 * The kinds of a schema with a discriminator → `[{key, label, section, consts, fields, help}]`, or null for one that is
 * not understood. `consts` are the properties that tell the kind. A kind that has kinds itself is spread out: each of
 * those is one of the list, and `section` names what they belong to. `describe(schema, root)` gives fields.
 */
export function variantsOf({ discriminator, ...schema }, root, hints, describe) {
  const { propertyName: property, mapping = {} } = discriminator;
  const kinds = Object.entries(mapping).map(([name, target]) => {
    const label = labelOf(hints, name);
    const isNested = typeof target === "object" && target?.discriminator;
    if (typeof target !== "string" && !isNested) return null;
    const about = { property, name, label, root, describe };
    return isNested ? nested(target, about) : [single(target, about)];
  });
  return kinds.length && kinds.every(Boolean) && !schema.$ref ? kinds.flat() : null;
}

function single($ref, { property, name, label, root, describe }) {
  const model = resolve({ $ref }, root);
  const fields = describe(model, root).filter((field) => field.name !== property);
  const help = hintsOf(model).help ?? plain(model.description ?? "");
  return { key: name, label, consts: { [property]: name }, fields, help };
}

function nested(target, { property, name, label, root, describe }) {
  const inner = variantsOf(target, root, hintsOf(target), describe);
  return inner?.map((variant) => ({
    ...variant,
    key: `${name}.${variant.key}`,
    section: label,
    consts: { [property]: name, ...variant.consts },
    fields: variant.fields.filter((field) => field.name !== property),
  }));
}

/** The kind that a value is of; undefined for none of these. */
export function variantOf(variants, value) {
  return variants.find(({ consts }) => Object.entries(consts).every(([name, one]) => value?.[name] === one));
}

/** Whether a form of variants has a place for all of a value. */
export function fitsVariant({ variants }, value) {
  if (value === undefined || value === null) return true;
  const variant = variantOf(variants, value);
  if (!variant) return false;
  const names = new Set([...Object.keys(variant.consts), ...variant.fields.map((field) => field.name)]);
  return Object.keys(value).every((name) => names.has(name));
}

/** The way to a field inside a variant: the server may name the kinds on it. */
export function pathInVariant(path, { consts }) {
  return Object.values(consts).reduce(
    (rest, name) => (rest.startsWith(`${name}.`) ? rest.slice(String(name).length + 1) : rest),
    path,
  );
}

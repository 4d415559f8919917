/** Reads a JSON Schema of a payload as a list of form fields. */

import { sentence, words } from "../ground/format.js";

/**
 * The fields of an object schema, in its order. Each is
 * `{name, title, description, required, nullable, hasDefault, default, kind, …}` with `kind` one of choice, choices,
 * switch, integer, number, text, date, datetime, list, json, source, dataset, column, object, variants; `options` for choice and
 * choices; `limits` as in the schema (`minimum`, `exclusiveMaximum`, `maxLength` …); `items` for list; `fields` for
 * object; `property` and `variants` (`{name, fields}`) for variants; `example` where the schema has one.
 */
export function describeFields(schema, root = schema) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { core, nullable } = unwrap(property, root);
    return {
      name,
      title: title(name, property.title),
      description: property.description ?? core.description ?? "",
      required: required.has(name),
      nullable,
      hasDefault: "default" in property,
      default: property.default,
      example: (property.examples ?? core.examples)?.[0],
      limits: core,
      ...kindOf(core, root, nullable),
    };
  });
}

/** Follow references and take "or null" off. What stays ambiguous comes back as it is, and is edited as JSON. */
function unwrap(property, root) {
  if (property.discriminator) return { core: property, nullable: false };
  const variants = (property.anyOf ?? property.oneOf ?? []).map((variant) => resolve(variant, root));
  const nullable = variants.some((variant) => variant.type === "null");
  const real = variants.filter((variant) => variant.type !== "null");
  if (real.length === 1) return { core: resolve(real[0], root), nullable };
  if (Array.isArray(property.type)) {
    const types = property.type.filter((type) => type !== "null");
    const core = types.length === 1 ? { ...property, type: types[0] } : property;
    return { core, nullable: types.length < property.type.length };
  }
  return { core: resolve(property, root), nullable };
}

function resolve(schema, root) {
  const whole = schema.allOf?.length === 1 ? { ...schema.allOf[0], ...schema, allOf: undefined } : schema;
  if (!whole.$ref?.startsWith("#/")) return whole;
  const path = whole.$ref.slice(2).split("/");
  const target = path.reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
  return { ...target, ...whole, $ref: undefined };
}

function kindOf(core, root, nullable) {
  if (core.enum) return { kind: "choice", options: core.enum };
  if ("const" in core) return { kind: "choice", options: [core.const] };
  // A switch cannot say "not given".
  if (core.type === "boolean") return nullable ? { kind: "choice", options: [true, false] } : { kind: "switch" };
  if (core.type === "integer" || core.type === "number") return { kind: core.type };
  if (core.type === "array") return arrayKind(resolve(core.items ?? {}, root));
  if (core.discriminator) return variantsKind(core, root);
  if (core.properties) return { kind: "object", fields: describeFields(core, root) };
  if (core.type !== "string") return { kind: "json" };
  if (core.format === "streamer-source") return { kind: "source" };
  if (core.format === "streamer-dataset") return { kind: "dataset" };
  if (core.format === "streamer-column") return { kind: "column" };
  if (core.format === "date") return { kind: "date" };
  if (core.format === "date-time") return { kind: "datetime" };
  return { kind: "text" };
}

function variantsKind({ discriminator: { propertyName: property, mapping = {} } }, root) {
  const kinds = Object.entries(mapping);
  if (kinds.length === 0 || kinds.some(([, target]) => typeof target !== "string")) return { kind: "json" };
  const variants = kinds.map(([name, $ref]) => {
    const fields = describeFields(resolve({ $ref }, root), root).filter((field) => field.name !== property);
    return { name, fields };
  });
  return { kind: "variants", property, variants };
}

function arrayKind(items) {
  if (items.enum) return { kind: "choices", options: items.enum };
  if (["string", "integer", "number"].includes(items.type)) return { kind: "list", items };
  return { kind: "json" };
}

/** Titles made from the name by a machine ("Start Date") read better as a sentence; titles somebody wrote stay. */
function title(name, given) {
  if (!given || given.toLowerCase() === words(name)) return sentence(name);
  return given;
}

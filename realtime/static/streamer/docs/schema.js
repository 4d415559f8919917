/** Shows a JSON Schema as a list of fields. A schema that another one refers to opens on demand. */

import { h } from "../ground/dom.js";
import { count } from "../ground/format.js";
import { prose } from "./prose.js";

const REFERENCE = "#/components/schemas/";
const LIMITS = {
  minimum: "≥",
  exclusiveMinimum: ">",
  maximum: "≤",
  exclusiveMaximum: "<",
  minLength: "length ≥",
  maxLength: "length ≤",
  minItems: "items ≥",
  maxItems: "items ≤",
};

/** A view of `schema`; `components` are the schemas by name. */
export function schemaView(schema, components) {
  const { found } = resolve(schema, components);
  const choices = alternatives(found);
  if (found.properties) return fields(found, components);
  if (choices.length > 1) {
    return h(
      "ul",
      { class: "alternatives" },
      choices.map((choice) => h("li", {}, typeLine(choice, components), inside(choice, components))),
    );
  }
  return h("div", { class: "field-body" }, typeLine(schema, components), inside(schema, components));
}

/** The type in a few words: `string (uuid)`, `list of File`, `integer or null`. */
export function typeOf(schema, components) {
  const { found, name } = resolve(schema, components);
  if (name) return name;
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = alternatives(found);
  if (choices.length) return choices.map((choice) => typeOf(choice, components)).join(" or ");
  if (Array.isArray(found.type)) return found.type.join(" or ");
  if (found.type === "array") return `list of ${found.items ? typeOf(found.items, components) : "any"}`;
  if (found.type === "object" && typeof found.additionalProperties === "object") {
    return `object of ${typeOf(found.additionalProperties, components)}`;
  }
  return found.format ? `${found.type} (${found.format})` : (found.type ?? "any");
}

/** The schema behind a reference, and the name it goes by; an empty schema for one that nobody defines. */
export function resolve(schema, components) {
  if (!schema.$ref) return { found: schema, name: null };
  const name = schema.$ref.replace(REFERENCE, "");
  return { found: components[name] ?? {}, name: shortName(name) };
}

/** The name of a class, without the module that tells two of the same name apart. */
function shortName(name) {
  return name
    .replace(/^action\./, "")
    .split("__")
    .at(-1);
}

function alternatives(schema) {
  return schema.anyOf ?? schema.oneOf ?? [];
}

function fields(schema, components) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    h(
      "li",
      { class: "field" },
      h(
        "div",
        { class: "field-head" },
        h("code", { class: "field-name" }, name),
        h("span", { class: "field-type" }, typeOf(field, components)),
        required.has(name) ? null : h("span", { class: "field-optional" }, "optional"),
      ),
      field.description ? h("p", { class: "field-text" }, prose(field.description)) : null,
      limits(field),
      inside(field, components),
    ),
  );
  return h("ul", { class: "fields" }, rows.length ? rows : h("li", { class: "field-text" }, "No fields."));
}

function typeLine(schema, components) {
  return h("span", { class: "field-type" }, typeOf(schema, components));
}

/** What a field may be beside its type. */
function limits(schema) {
  const said = Object.entries(LIMITS)
    .filter(([name]) => schema[name] !== undefined)
    .map(([name, sign]) => `${sign} ${count(schema[name])}`);
  const value = schema.default;
  if (value !== undefined && value !== null && !(Array.isArray(value) && !value.length)) {
    said.push(`default ${JSON.stringify(value)}`);
  }
  return said.length ? h("p", { class: "field-limits" }, said.join(" · ")) : null;
}

/** The schemas that a field refers to, closed until somebody opens them, because some refer to themselves. */
function inside(schema, components) {
  const names = [...new Set(references(schema))].filter(
    (name) => components[name]?.properties || alternatives(components[name] ?? {}).length,
  );
  return names.map((name) => {
    const body = h("div", { class: "nested-body" });
    const open = () => body.childElementCount || body.append(schemaView({ $ref: REFERENCE + name }, components));
    return h(
      "details",
      { class: "nested", on: { toggle: open } },
      h("summary", {}, `Fields of ${shortName(name)}`),
      body,
    );
  });
}

function references(schema) {
  if (schema.$ref) return [schema.$ref.replace(REFERENCE, "")];
  const parts = [schema.items, schema.additionalProperties, ...alternatives(schema)];
  return parts.flatMap((part) => (part && typeof part === "object" ? references(part) : []));
}

/** Follows references inside a JSON Schema. No DOM here. */

/** Follow references, and take "or null" off → `{core, nullable}`. */
export function unwrap(property, root) {
  if (property.discriminator) return { core: property, nullable: false };
  const variants = (property.anyOf ?? property.oneOf ?? []).map((variant) => resolve(variant, root));
  const nullable = variants.some((variant) => variant.type === "null");
  const real = variants.filter((variant) => variant.type !== "null");
  if (real.length === 1) return { core: resolve(real[0], root), nullable };
  if (real.length > 1) return { core: { ...property, anyOf: real, oneOf: undefined }, nullable };
  if (Array.isArray(property.type)) {
    const types = property.type.filter((type) => type !== "null");
    const core = types.length === 1 ? { ...property, type: types[0] } : property;
    return { core, nullable: types.length < property.type.length };
  }
  return { core: resolve(property, root), nullable };
}

export function resolve(schema, root) {
  const whole = schema.allOf?.length === 1 ? { ...schema.allOf[0], ...schema, allOf: undefined } : schema;
  if (!whole.$ref?.startsWith("#/")) return whole;
  const path = whole.$ref.slice(2).split("/");
  const target = path.reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
  const form = { ...target?.["x-form"], ...whole["x-form"] };
  return { ...target, ...whole, $ref: undefined, ...(Object.keys(form).length ? { "x-form": form } : {}) };
}

/** Take secrets out of a payload before it is written into an address or kept by the browser. No DOM here. */

const NAME = /passw|passphrase|secret|token|credential|api_?key|private_?key|authorization/i;

/** A copy of a payload without what its schema, or a name in it, says is secret. */
export function withoutSecrets(payload, schema = {}) {
  const properties = schema?.properties ?? {};
  const open = Object.entries(payload ?? {}).filter(([name]) => !isSecret(properties[name]));
  return cleaned(Object.fromEntries(open));
}

function cleaned(value) {
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== "object" || value === null) return value;
  const open = Object.entries(value).filter(([name]) => !NAME.test(name));
  return Object.fromEntries(open.map(([name, inner]) => [name, cleaned(inner)]));
}

function isSecret(property) {
  return property?.format === "password" || property?.writeOnly === true;
}

/**
 * Make a payload of the rows of a form, show a payload in them, and find the row where a fault lies. No DOM here: a row
 * is anything with `field`, `read(complain)`, `write(payload)`, `fits(value)`, `take(fault)`, `showFault(text)`, `faulty`
 * and `focus()`.
 */

/** What a field adds to the payload, after what its control read → `{value}`, `{}` to leave it out, `{fault}`. */
export function settle(field, read) {
  if ("value" in read || read.fault) return read;
  const { required, nullable, hasDefault, default: standard, kind } = field;
  if (required) return nullable ? { value: null } : { fault: "This is required." };
  if (!hasDefault || standard === null) return {};
  // Emptied on purpose, although there is a default: leaving it out would bring the default back.
  if (nullable) return { value: null };
  return kind === "text" ? { value: "" } : {};
}

/** What a field shows of a payload: its own value, or else its default. */
export function startValue({ name, hasDefault, default: standard }, payload) {
  if (name in payload) return payload[name];
  return hasDefault ? standard : undefined;
}

/** → `{value, faulty}` of all rows. `complain`: show each fault at its row. */
export function collect(rows, { complain = false, leaveOutDefaults = false } = {}) {
  const value = {};
  let faulty = false;
  for (const row of rows) {
    const read = row.read(complain);
    if (read.fault && complain) row.showFault(read.fault);
    if (read.fault || read.faulty) faulty = true;
    if ("value" in read && !(leaveOutDefaults && isDefault(row.field, read.value))) value[row.field.name] = read.value;
  }
  return { value, faulty };
}

/** Whether rows have a place for all that is in a value. */
export function everyFits(rows, value) {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.keys(value).every((name) => rows.find((row) => row.field.name === name)?.fits(value[name]));
}

/** What rows do together as the control of one field; `rows()` gives those that are there now. */
export function groupOf(rows) {
  return {
    isFaulty: () => rows().some((row) => row.faulty),
    read(complain) {
      const { value, faulty } = collect(rows(), { complain, leaveOutDefaults: true });
      return Object.keys(value).length || faulty ? { value, faulty } : {};
    },
    take: (fault) => rows().some((row) => row.take(fault)),
    fits: (value) => value === undefined || value === null || everyFits(rows(), value),
    clear: () => rows().forEach((row) => row.showFault("")),
    focus: () => (rows().find((row) => row.faulty) ?? rows()[0])?.focus(),
  };
}

/** Whether nothing, or nothing but a default, stands in the control of a row. */
export function isBlank({ field, control }) {
  const read = control.read();
  return !read.fault && !read.faulty && (!("value" in read) || isDefault(field, read.value));
}

/** Whether a form of variants has a place for all of a value. */
export function fitsVariant({ property, variants }, value) {
  if (value === undefined || value === null) return true;
  const variant = variants.find(({ name }) => name === value[property]);
  const { [property]: _, ...rest } = value;
  return (
    variant !== undefined && Object.keys(rest).every((name) => variant.fields.some((field) => field.name === name))
  );
}

/** The way to a field inside a variant: the server may name the variant on it. */
export function pathInVariant(path, name) {
  return path.startsWith(`${name}.`) ? path.slice(name.length + 1) : path;
}

/** A fault of the server as a field has it → `{inner, text}`, `inner` the way on inside it. Null for one of another. */
export function faultAt(field, { path, message }) {
  const [, name, inner] = /^([^.[]*)\.?(.*)$/.exec(path ?? "");
  if (name !== field.name) return null;
  return { inner, text: inner ? `${inner}: ${message}` : message.charAt(0).toUpperCase() + message.slice(1) };
}

function isDefault(field, value) {
  return !field.required && field.hasDefault && JSON.stringify(field.default) === JSON.stringify(value);
}

/**
 * Make a payload of the rows of a form, show a payload in them, and find the row where a fault lies. No DOM here: a row
 * is anything with `field`, `read(complain)`, `write(payload)`, `fits(value)`, `take(fault)`, `showFault(text)`, `faulty`
 * and `focus()`.
 */

/** What a field adds to the payload, after what its control read → `{value}`, `{}` to leave it out, `{fault}`. */
export function settle(field, read) {
  if ("value" in read || read.fault) return read;
  const { required, nullable, hasDefault, default: standard, kind } = field;
  if (required) return nullable && !field.isDemanded ? { value: null } : { fault: "This is required." };
  if (!hasDefault || standard === null) return {};
  // Emptied on purpose, although there is a default: leaving it out would bring the default back.
  if (nullable) return { value: null };
  return kind === "text" || kind === "anything" ? { value: "" } : {};
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
  for (const row of rows.filter((one) => !one.hidden)) {
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

/** What one of some rows has at present, for conditions: its value, or else its default. `outer` knows the others. */
export function scopeOf(rows, outer = () => undefined) {
  return (name) => {
    const row = rows.find((one) => one.field.name === name);
    if (!row) return outer(name);
    const { value } = row.control.read();
    return value ?? (row.field.hasDefault ? row.field.default : undefined);
  };
}

/**
 * A control that gives back the very value it shows, until somebody changes it: what an input cannot hold, such as
 * fractions of a second or two kinds of line ends, is not lost.
 */
export function exact(control) {
  let shown = null;
  return {
    ...control,
    get target() {
      return control.target;
    },
    write(value) {
      control.write(value);
      shown = { value, text: JSON.stringify(control.read()) };
    },
    read(complain) {
      const read = control.read(complain);
      // An empty text shows as nothing, as does what is offered no more, which must not be sent unseen.
      const isShown = "value" in read || shown?.value === "";
      const isSame =
        isShown && shown?.value !== undefined && shown.value !== null && JSON.stringify(read) === shown.text;
      return isSame && !read.fault && !read.faulty ? { value: shown.value } : read;
    },
  };
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

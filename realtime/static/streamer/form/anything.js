/**
 * A text that may be meant as JSON. What is typed is a text; where it can be read as other JSON too, that is offered, and
 * `choice` says what was chosen: "text", "json", or "" for nothing yet. No DOM here.
 */

const NAMES = { string: "Text in the quotes", number: "Number", boolean: "True or false", null: "Nothing (null)" };

/** A value → `{text, choice}`. */
export function showAnything(value) {
  if (value === undefined) return { text: "", choice: "" };
  if (typeof value === "string") return { text: value, choice: "text" };
  const isFlat = typeof value !== "object" || value === null;
  return { text: isFlat ? JSON.stringify(value) : JSON.stringify(value, null, 2), choice: "json" };
}

/** What a text is as JSON → `{value, label}`, or null. `accepts`: the types of JSON Schema that count; null for any. */
export function offerOf(text, accepts) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  // A number that JSON holds only roughly is a text, such as a long id.
  if (type === "number" && !isExact(text.trim(), value)) return null;
  if (accepts && (type === "string" || !accepts.some((one) => covers(one, type, value)))) return null;
  const label = NAMES[type] ?? (type === "array" ? "JSON list" : "JSON object");
  return { value, label };
}

/** `{text, choice}` → `{value}`, `{}` for nothing, `{fault}`. */
export function readAnything({ text, choice }, accepts) {
  if (text === "") return {};
  const offer = offerOf(text, accepts);
  if (sentAs({ text, choice }, accepts) === "text") return { value: text };
  return offer ? { value: offer.value } : { fault: "This is not valid JSON." };
}

/** Whether it is sent as "text" or as "json". Where numbers are usual, what looks like one is one. */
export function sentAs({ text, choice }, accepts) {
  if (choice === "text") return "text";
  if (choice === "json") return "json";
  return accepts && offerOf(text, accepts) ? "json" : "text";
}

function covers(one, type, value) {
  return one === type || (one === "integer" && type === "number" && Number.isInteger(value));
}

function isExact(text, number) {
  return Number.isFinite(number) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(number));
}

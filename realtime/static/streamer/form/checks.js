/** Checks that need no server, so that a slip is shown before anything is sent. Each gives `{value}` or `{fault}`. */

import { count, counted } from "../ground/format.js";

const VAST = 2 ** 31 - 1;

export function checkNumber(value, field) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = field.limits;
  if (field.kind === "integer" && !Number.isInteger(value)) return { fault: "This must be a whole number." };
  if (minimum !== undefined && value < minimum) return { fault: `This must be at least ${numeral(minimum)}.` };
  if (maximum !== undefined && value > maximum) return { fault: `This must be at most ${numeral(maximum)}.` };
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return { fault: `This must be more than ${numeral(exclusiveMinimum)}.` };
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return { fault: `This must be less than ${numeral(exclusiveMaximum)}.` };
  if (multipleOf && field.kind === "integer" && value % multipleOf !== 0)
    return { fault: `This must be a multiple of ${numeral(multipleOf)}.` };
  return { value };
}

export function checkText(value, field) {
  const { minLength, maxLength, pattern } = field.limits;
  if (minLength !== undefined && [...value].length < minLength)
    return { fault: `This must have at least ${counted(minLength, "character")}.` };
  if (maxLength !== undefined && [...value].length > maxLength)
    return { fault: `This must have at most ${counted(maxLength, "character")}.` };
  if (pattern && matches(value, pattern) === false) return { fault: `This does not fit the pattern ${pattern}.` };
  return { value };
}

/** What a limit says, for the line under a field; empty when there is none. */
export function limitHint(field) {
  const { minimum, exclusiveMinimum, ...most } = field.limits;
  // The bounds of what a machine can hold tell nobody anything.
  const [maximum, exclusiveMaximum] = [most.maximum, most.exclusiveMaximum].map((one) =>
    one < VAST ? one : undefined,
  );
  if (minimum !== undefined && maximum !== undefined) return `${numeral(minimum)} to ${numeral(maximum)}`;
  const low =
    minimum !== undefined
      ? `at least ${numeral(minimum)}`
      : exclusiveMinimum !== undefined
        ? `more than ${numeral(exclusiveMinimum)}`
        : "";
  const high =
    maximum !== undefined
      ? `at most ${numeral(maximum)}`
      : exclusiveMaximum !== undefined
        ? `less than ${numeral(exclusiveMaximum)}`
        : "";
  return [low, high].filter(Boolean).join(", ");
}

/** The number of entries of a list that has any. */
export function checkCount(number, { minItems, maxItems, minProperties, maxProperties }) {
  const least = minItems ?? minProperties;
  const most = maxItems ?? maxProperties;
  if (least !== undefined && number < least) return `There must be at least ${count(least)}.`;
  if (most !== undefined && number > most) return `There must be at most ${count(most)}.`;
  return "";
}

/** A fraction keeps all of its digits. */
function numeral(number) {
  return Number.isInteger(number) ? count(number) : String(number);
}

/** The server's dialect of patterns is not the browser's: one that does not compile here is left to the server. */
function matches(value, pattern) {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return null;
  }
}

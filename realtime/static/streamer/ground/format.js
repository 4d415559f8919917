/** Statuses, sizes, durations and times in the words people use (docs/reference/words.md). */

// "min2": 18204 reads better as 18,204, but 2026 must not become 2,026.
const NUMBER = new Intl.NumberFormat(undefined, { useGrouping: "min2", maximumFractionDigits: 6 });
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const LONGEST_VALUE = 200;
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
const LONG_UNITS = [
  [86_400, "d", 3600, "h"],
  [3600, "h", 60, "min"],
  [60, "min", 1, "s"],
];
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const NEAR_MS = 2 * 24 * 3600 * 1000;
const SECONDS = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const FINE = [1, 3].map(
  (digits) =>
    new Intl.DateTimeFormat(undefined, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: digits,
      hourCycle: "h23",
    }),
);
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const STATUS_LABELS = {
  sending: "Sending",
  pending: "Waiting",
  processing: "Running",
  retrying: "Retrying",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** 18204 → "18,204". */
export function count(number) {
  return NUMBER.format(number);
}

/** 1, "row" → "1 row"; 18204, "row" → "18,204 rows". */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A status as people read it; a completed request says how many of its items failed. */
export function statusText(status, failedItems = 0) {
  if (status !== "completed" || !failedItems) return STATUS_LABELS[status];
  return `Completed with ${counted(failedItems, "failure")}`;
}

/** Powers of ten: 482133 → "482 kB". */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  let value = bytes;
  let unit = 0;
  // Above 999.5 the rounded number would read "1000 kB".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const rounded = value < 9.95 && unit > 0 ? value.toFixed(1).replace(/\.0$/, "") : count(Math.round(value));
  return `${rounded} ${UNITS[unit]}`;
}

/** Milliseconds in their two largest units: "7 ms", "1.3 s", "12 s", "3 min 5 s", "2 h 10 min", "3 d 4 h". */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds > 0 && seconds < 0.0995) return `${Math.max(1, Math.round(ms))} ms`;
  if (seconds > 0 && seconds < 9.95) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  const whole = Math.round(seconds);
  for (const [length, unit, smaller, smallUnit] of LONG_UNITS) {
    if (whole < length) continue;
    const rest = Math.floor((whole % length) / smaller);
    return `${count(Math.floor(whole / length))} ${unit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
  }
  return `${whole} s`;
}

/** A moment as the clock shows it here: the time alone for today, with the day otherwise. */
export function time(ms) {
  const date = new Date(ms);
  return date.toDateString() === new Date().toDateString() ? CLOCK.format(date) : DAY.format(date);
}

/** The day alone, for what is days away; the clock too for what is near. */
export function roughTime(ms) {
  return Math.abs(ms - Date.now()) > NEAR_MS ? DATE.format(new Date(ms)) : time(ms);
}

/** A moment to the second. */
export function exactTime(ms) {
  return SECONDS.format(new Date(ms));
}

/** The clock alone, to a tenth of a second, or to a thousandth: for what follows each other closely. */
export function fineTime(ms, { exact = false } = {}) {
  return FINE[exact ? 1 : 0].format(new Date(ms));
}

/** A moment in full, with its time zone: for `title`. */
export function fullTime(ms) {
  return FULL.format(new Date(ms));
}

/** "by_region" → "by region". */
export function words(name) {
  return String(name).replaceAll("_", " ");
}

/** "generate_report" → "Generate report". */
export function sentence(name) {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A number with its unit at the end of its name: "took_seconds", 65 → ["took", "1 min 5 s"]. Null for any other. */
export function inUnit(name, value) {
  const [, what, unit] = (typeof value === "number" && /^(.+)_(seconds|milliseconds|bytes)$/.exec(name)) || [];
  if (!what) return null;
  return [what, unit === "bytes" ? size(value) : duration(unit === "seconds" ? value * 1000 : value)];
}

/** The values of an object on one line; what is empty is left out. */
export function valuesLine(object) {
  return Object.entries(object ?? {})
    .filter(
      ([, value]) => value !== null && value !== "" && (typeof value !== "object" || Object.keys(value).length > 0),
    )
    .map(([name, value]) => inUnit(name, value) ?? [name, brief(value)])
    .map(([name, text]) => `${words(name)} ${text}`)
    .join(" · ");
}

function brief(value, depth = 0) {
  if (typeof value === "number") return NUMBER.format(value);
  if (MOMENT.test(value)) return time(Date.parse(value));
  if (typeof value !== "object" || value === null) return cut(String(value), LONGEST_VALUE);
  if (depth > 1) return "…";
  if (Array.isArray(value) && value.some((item) => typeof item === "object"))
    return `${count(value.length)} ${value.length === 1 ? "entry" : "entries"}`;
  if (Array.isArray(value)) return cut(value.join(", "), LONGEST_VALUE);
  // What says which thing it is needs no name before it: "data source dataset sales".
  const named = ([name, inner]) =>
    name === "type" || name.endsWith("_id") ? brief(inner, depth + 1) : `${words(name)} ${brief(inner, depth + 1)}`;
  return cut(Object.entries(value).map(named).join(" "), LONGEST_VALUE);
}

/** A text, or its beginning and "…". */
export function cut(text, most) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

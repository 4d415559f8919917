/** Sizes, durations and times in the words people use. */

// "min2": 18204 reads better as 18,204, but 2026 must not become 2,026.
const NUMBER = new Intl.NumberFormat(undefined, { useGrouping: "min2", maximumFractionDigits: 6 });
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const LONGEST_VALUE = 200;
const UNITS = ["B", "KB", "MB", "GB", "TB"];
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
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const STATUS_LABELS = {
  sending: "Sending",
  pending: "Queued",
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

/** 482133 → "471 KB". */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const rounded = value < 9.95 && unit > 0 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value);
  return `${rounded} ${UNITS[unit]}`;
}

/** Milliseconds → "7 ms", "0.4 s", "12 s", "3 min 05 s", "2 h 10 min". */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds > 0 && seconds < 0.1) return `${Math.ceil(ms)} ms`;
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  if (minutes < 60 * 48) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
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

/** The values of an object on one line; what is empty is left out. */
export function valuesLine(object) {
  return Object.entries(object ?? {})
    .filter(
      ([, value]) => value !== null && value !== "" && (typeof value !== "object" || Object.keys(value).length > 0),
    )
    .map(([name, value]) => `${words(name)} ${brief(value)}`)
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

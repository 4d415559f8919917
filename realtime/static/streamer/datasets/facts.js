/** Say in words what is known of a dataset. No DOM here. */

import { toMs } from "../ground/clock.js";
import { count, counted, exactTime, fullTime, roughTime, size } from "../ground/format.js";

const NEARLY_FULL_PERCENT = 90;
/** What people call the types of columns; the engine's own word is in the title. */
const TYPES = [
  [/\[\d*\]$/, "list"],
  [/^(TINY|SMALL|BIG|HUGE|U.*)?INT(EGER)?$/, "whole number"],
  [/^(DOUBLE|FLOAT|REAL|DECIMAL.*)$/, "number"],
  [/^VARCHAR$/, "text"],
  [/^BOOLEAN$/, "yes or no"],
  [/^DATE$/, "date"],
  [/^TIMESTAMP.*$/, "date and time"],
  [/^TIME/, "time of day"],
  [/^INTERVAL$/, "duration"],
  [/^(STRUCT|MAP|UNION)\(/, "nested values"],
  [/^BLOB$/, "bytes"],
];

/** What kind it is, in a word. */
export function badge(dataset) {
  return dataset.kind === "source" ? "source" : dataset.format;
}

/** The most important on one line. */
export function factsLine(dataset) {
  if (dataset.kind === "source") return dataset.label && dataset.label !== dataset.name ? dataset.label : "Registered";
  return [
    counted(dataset.rows, "row"),
    counted(dataset.columns.length, "column"),
    size(dataset.size_bytes),
    dataset.expires_at ? `until ${roughTime(toMs(dataset.expires_at))}` : "for ever",
  ].join(" · ");
}

/** Names and values, and for some a `title` in full: `[[name, value, title], …]`. */
export function factsOf(dataset) {
  if (dataset.kind === "source")
    return [
      ["Kind", "Source, registered by operators"],
      ["Columns", count(dataset.columns.length)],
    ];
  const expires = toMs(dataset.expires_at);
  const created = toMs(dataset.created_at);
  return [
    ["Dataset", dataset.dataset_id],
    ["File", dataset.filename || "–"],
    ["Rows", count(dataset.rows)],
    ["Columns", count(dataset.columns.length)],
    ["Format", dataset.format],
    ["Size", `${size(dataset.size_bytes)} stored, ${size(dataset.uploaded_bytes)} uploaded`],
    ["Uploaded", exactTime(created), fullTime(created)],
    ["By", dataset.user_id],
    ["Kept", expires ? `until ${roughTime(expires)}` : "for ever", expires ? fullTime(expires) : undefined],
  ];
}

/** What people call a type of columns. */
export function wordFor(type) {
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? type.toLowerCase();
}

/** How many cells of a column are empty, and which share that is. */
export function emptyCells(nulls, rows) {
  if (!nulls) return "none";
  const percent = Math.round((100 * nulls) / rows);
  return `${count(nulls)} (${percent === 0 ? "under 1" : percent} %)`;
}

/** How much of the quota is used → `{text, percent, nearlyFull}`; `percent` is null without a quota. */
export function quotaOf({ usedBytes, quotaBytes }) {
  if (quotaBytes === null) return { text: `${size(usedBytes)} used`, percent: null, nearlyFull: false };
  const left = size(Math.max(0, quotaBytes - usedBytes));
  const percent = quotaBytes ? Math.min(100, (100 * usedBytes) / quotaBytes) : 0;
  const text = `${size(usedBytes)} used of ${size(quotaBytes)}; ${left} left`;
  return { text, percent, nearlyFull: percent > NEARLY_FULL_PERCENT };
}

/** Say in words and figures how a request stands. No DOM here. */

import { asOf } from "../connection/banner.js";
import { isFile } from "../files/artifacts.js";
import { now } from "../ground/clock.js";
import { count, counted, duration, time, valuesLine } from "../ground/format.js";
import { isStored, LIVE } from "./record.js";

const SHORT_WAIT_MS = 1000;
/** How a request was cancelled. */
export const MODES = {
  before_start: "Cancelled before it started.",
  cooperative: "Cancelled while it was running.",
  killed: "Cancelled: it did not stop by itself and was ended.",
};
const HELD_BACK = {
  paused: "Paused by an operator.",
  queue_limit: "Waits until another request of its queue has ended.",
  your_limit: "Waits until another of your requests has ended.",
  tenant_limit: "Waits until another request of your organisation has ended.",
  tenant_share: "Waits until a long request of your organisation has ended: one worker is left to others.",
  action_limit: "Waits until another request of this kind has ended.",
  no_worker: "No worker is there for it right now.",
};

/**
 * What the bar shows → `{hidden, percentage, rounded, text}`; `text` is for screen readers. `stale` while nobody can tell
 * whether the value is still true.
 */
export function barOf(record, stale) {
  const rounded = Math.round(record.percentage);
  return {
    hidden: record.inline || !["processing", "retrying"].includes(record.status),
    percentage: record.percentage,
    rounded,
    text: `${rounded} percent${stale ? ", not up to date" : ""}`,
  };
}

/** One sentence on where it is, or how it ended. */
export function sentenceOf(record, connected) {
  switch (record.status) {
    case "sending":
      return connected ? "On its way to the server." : "It is sent as soon as there is a connection.";
    case "pending":
      return queueSentence(record);
    case "retrying":
      return retrySentence(record);
    case "failed":
      return `${record.error?.message ?? "It failed."} ${itemsLine(record.receipt)}`.trim();
    case "cancelled":
      return `${cancelSentence(record)} ${itemsLine(record.receipt)}`.trim();
    case "completed":
      return itemsLine(record.result) || plain(record);
    default:
      return record.cancelling ? "Cancelling…" : record.message || "Started.";
  }
}

/** The same, and of what runs or waits how old that is while the connection is not up to date. */
export function standingOf(record, link) {
  const sentence = sentenceOf(record, link.isLive);
  const old = LIVE.has(record.status) && record.status !== "sending" ? asOf(link) : "";
  return old ? `${sentence.replace(/\.$/, "")} · ${old}` : sentence;
}

/** What to press to have it done once more; null for what runs or waits, and for what nobody here can send again. */
export function againLabel(record) {
  const canSend = record.payload !== null || isStored(record);
  if (LIVE.has(record.status) || !canSend) return null;
  return record.status === "completed" ? "Run again" : "Retry";
}

/** How long it took, or has been taking: "12 s"; and when it was sent. */
export function timing(record) {
  const from = record.startedAt ?? (record.inline ? record.createdAt : null);
  if (LIVE.has(record.status)) return from ? duration(now() - from) : waiting(now() - record.createdAt);
  const took = from && record.finishedAt ? `took ${duration(record.finishedAt - from)} · ` : "";
  return `${took}${time(record.createdAt)}`;
}

function cancelSentence(record) {
  if (record.mode === "before_start" && record.receipt) return "Cancelled between two attempts.";
  return MODES[record.mode] ?? "Cancelled.";
}

function waiting(ms) {
  return ms < 1000 ? "just sent" : `waiting ${duration(ms)}`;
}

function queueSentence(record) {
  if (record.cancelling) return "Cancelling…";
  const run = record.estimatedSeconds ? `about ${duration(record.estimatedSeconds * 1000)}` : "";
  const wait = record.startsAt !== null && record.startsAt - now() > SHORT_WAIT_MS;
  const start = wait ? `starts in about ${duration(record.startsAt - now())}` : "";
  if (record.waitReason === "key_limit") return `Waits for its turn at ${record.limitKey}.${start && ` It ${start}.`}`;
  if (record.waitReason in HELD_BACK) return `${HELD_BACK[record.waitReason]}${start && ` It ${start}.`}`;
  if (record.ahead === null) return run ? `In the queue; takes ${run}.` : "In the queue.";
  const place = record.ahead > 0 ? `${count(record.ahead)} ahead` : "Next";
  return `${[place, start, run && `takes ${run}`].filter(Boolean).join(", ")}.`;
}

function retrySentence(record) {
  const seconds = Math.ceil(((record.retryAt ?? 0) - now()) / 1000);
  const wait = seconds > 0 ? ` in ${duration(seconds * 1000)}` : " shortly";
  return `Tries again${wait}. ${record.error?.message ?? ""}`.trim();
}

/** How many items of a bulk went well; empty for what is no bulk. */
function itemsLine(result) {
  if (typeof result?.total_items !== "number") return "";
  const { total_items: total, succeeded, failed, skipped } = result;
  const parts = [`${count(succeeded)} of ${counted(total, "item")} done`];
  if (failed) parts.push(`${count(failed)} failed`);
  if (skipped) parts.push(`${count(skipped)} skipped`);
  return `${parts.join(", ")}.`;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The plain values of a result in one line: what most people want to know. */
function plain(record) {
  const result = isObject(record.result) ? record.result : { result: record.result };
  const summary = isObject(result.summary) ? result.summary : {};
  const skip = new Set(["url", "filename", "size_bytes", "sha256", "media_type", "artifact_id", "expires_at"]);
  // Files show themselves; what else is nested may have a summary of its own.
  const flat = Object.entries({ ...result, ...summary }).filter(
    ([name, value]) => value !== null && typeof value !== "object" && !(skip.has(name) && isFile(result)),
  );
  return valuesLine(Object.fromEntries(flat.slice(0, 4))) || (record.inline ? "Answered at once." : "Done.");
}

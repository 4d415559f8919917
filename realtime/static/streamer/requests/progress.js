/** How a request stands: a status pill, a progress bar, a sentence. */

import { now } from "../ground/clock.js";
import { h, icon, setText } from "../ground/dom.js";
import { count, duration, fullTime, STATUS_LABELS, time, valuesLine } from "../ground/format.js";
import { isFile, LIVE } from "./record.js";

const ICONS = {
  sending: "send",
  pending: "clock",
  processing: "run",
  retrying: "retry",
  completed: "check",
  failed: "alert",
  cancelled: "stop",
};
const SHORT_WAIT_MS = 1000;
const MODES = {
  before_start: "Cancelled before it started.",
  cooperative: "Cancelled while it was running.",
  killed: "Cancelled: it did not stop by itself and was ended.",
};

/** → `{node, update(record)}` */
export function statusPill() {
  const node = h("span", { class: "pill", "data-testid": "request-status" });
  let shown = null;
  return {
    node,
    update(record) {
      if (shown === record.status) return;
      shown = record.status;
      node.dataset.status = record.status;
      node.replaceChildren(icon(ICONS[record.status]), STATUS_LABELS[record.status]);
    },
  };
}

/** → `{node, update(record, title, stale)}`; `stale` while nobody can tell whether the value is still true. */
export function progressBar() {
  const fillNode = h("span", { class: "bar-fill" });
  const bar = h(
    "div",
    { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "data-testid": "request-bar" },
    fillNode,
  );
  const figure = h("span", { class: "bar-figure", "aria-hidden": "true" });
  const node = h("div", { class: "bar-row" }, bar, figure);
  return {
    node,
    update(record, title, stale) {
      node.hidden = record.inline || !["processing", "retrying"].includes(record.status);
      const rounded = Math.round(record.percentage);
      fillNode.style.setProperty("--share", `${record.percentage}%`);
      bar.dataset.stale = String(stale);
      bar.setAttribute("aria-label", title);
      bar.setAttribute("aria-valuenow", String(rounded));
      bar.setAttribute("aria-valuetext", `${rounded} percent${stale ? ", not up to date" : ""}`);
      setText(figure, `${rounded} %`);
    },
  };
}

/** Says that a result was known already, and of when it is → `{node, update(record)}` */
export function originTag() {
  const node = h("span", { class: "origin", "data-testid": "cached", hidden: true });
  return {
    node,
    update(record) {
      node.hidden = record.computedAt === null;
      if (node.hidden) return;
      setText(node, `From the cache · made ${time(record.computedAt)}`);
      node.title = `Nothing was run: this is the result of an earlier request, made ${fullTime(record.computedAt)}`;
    },
  };
}

/** One sentence on where it is, or how it ended. */
export function sentenceOf(record, connected) {
  switch (record.status) {
    case "sending":
      return connected ? "On its way to the server." : "Goes out as soon as there is a connection.";
    case "pending":
      return queueSentence(record);
    case "retrying":
      return retrySentence(record);
    case "failed":
      return record.error?.message ?? "It failed.";
    case "cancelled":
      return `${MODES[record.mode] ?? "Cancelled."} ${itemsLine(record.receipt)}`.trim();
    case "completed":
      return itemsLine(record.result) || plain(record);
    default:
      return record.cancelling ? "Cancelling…" : record.message || "Started.";
  }
}

/** How long it took, or has been taking: "12 s"; and when it was sent. */
export function timing(record) {
  const from = record.startedAt ?? (record.inline ? record.createdAt : null);
  if (LIVE.has(record.status)) return from ? duration(now() - from) : waiting(now() - record.createdAt);
  const took = from && record.finishedAt ? `took ${duration(record.finishedAt - from)} · ` : "";
  return `${took}${time(record.createdAt)}`;
}

function waiting(ms) {
  return ms < 1000 ? "just sent" : `waiting ${duration(ms)}`;
}

function queueSentence(record) {
  if (record.cancelling) return "Cancelling…";
  const run = record.estimatedSeconds ? `about ${duration(record.estimatedSeconds * 1000)}` : "";
  if (record.waitReason in HELD_BACK) return HELD_BACK[record.waitReason];
  if (record.ahead === null) return run ? `In the queue; takes ${run}.` : "In the queue.";
  const place = record.ahead > 0 ? `${count(record.ahead)} ahead` : "Next";
  const wait = record.startsAt !== null && record.startsAt - now() > SHORT_WAIT_MS;
  const start = wait ? `starts in about ${duration(record.startsAt - now())}` : "";
  return `${[place, start, run && `takes ${run}`].filter(Boolean).join(", ")}.`;
}

const HELD_BACK = {
  paused: "Paused by an operator.",
  your_limit: "Waits until another of your requests has ended.",
  tenant_limit: "Waits until another request of your organisation has ended.",
  action_limit: "Waits until another request of this kind has ended.",
  no_worker: "No worker is there for it right now.",
};

function retrySentence(record) {
  const wait = record.retryAt && record.retryAt > now() ? ` in ${duration(record.retryAt - now() + 999)}` : " shortly";
  return `Tries again${wait}. ${record.error?.message ?? ""}`.trim();
}

/** How many items of a bulk went well; empty for what is no bulk. */
function itemsLine(result) {
  if (typeof result?.total_items !== "number") return "";
  const { total_items: total, succeeded, failed, skipped } = result;
  const parts = [`${count(succeeded)} of ${count(total)} items done`];
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

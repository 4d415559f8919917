/** What is known of every request, and how each message changes it. No I/O here. */

import { artifactsOf, replaceFile, takeFiles } from "../files/artifacts.js";
import { now, toMs } from "../ground/clock.js";
import { blank, LIVE, takeOrigin } from "./record.js";

const MOST_EVENTS_KEPT = 500;

/** How a numbered message changes its record. */
const EFFECTS = {
  started(record, message) {
    record.status = "processing";
    if (message.attempt !== record.attempt) record.percentage = 0;
    record.attempt = message.attempt;
    record.position = null;
    record.retryAt = null;
    record.error = null;
    record.startedAt ??= toMs(message.timestamp) ?? now();
  },
  progress(record, message) {
    record.status = "processing";
    record.attempt = message.attempt ?? record.attempt;
    record.percentage = message.percentage;
    record.message = message.message || record.message;
  },
  partial(record, message) {
    record.partial = message.data ?? null;
  },
  retrying(record, message) {
    record.status = "retrying";
    record.error = message.error;
    record.retryAt = toMs(message.retry_at);
  },
  complete(record, message) {
    finish(record, "completed", message);
    record.percentage = 100;
    record.result = message.result ?? null;
    record.failedItems = message.failed_items ?? 0;
    takeFiles(record, message);
    record.error = null;
    takeOrigin(record, message);
  },
  error(record, message) {
    finish(record, "failed", message);
    record.error = message.error;
    takeReceipt(record, message);
  },
  cancelled(record, message) {
    finish(record, "cancelled", message);
    record.mode = message.mode;
    takeReceipt(record, message);
  },
};

/** What was done before a request ended early, and the files that tell of it. */
function takeReceipt(record, message) {
  record.receipt = message.receipt ?? null;
  takeFiles(record, message);
}

/**
 * All records, by request id once the server gave one, by client id until then.
 *
 * Events: `change` with the record as `detail`; `remove` likewise; `final` when a request that was followed has ended;
 * `kept` with the description of a file that is kept for longer.
 */
export class RequestStore extends EventTarget {
  #records = new Map();

  get(id) {
    return this.#records.get(id);
  }

  all() {
    return [...this.#records.values()];
  }

  live() {
    return this.all().filter((record) => LIVE.has(record.status));
  }

  clear() {
    this.#records.clear();
  }

  /** A request that is on its way to the server. */
  add(clientId, known) {
    const record = blank({ clientId, status: "sending", createdAt: now(), ...known });
    this.#records.set(clientId, record);
    return this.changed(record);
  }

  /** What this browser has kept, if it is not known already. */
  restore(record) {
    if (this.#records.has(record.clientId)) return;
    this.#records.set(record.clientId, record);
    this.changed(record);
  }

  /** The server took it: from here on it has its own id. Null when this page never sent it. */
  acknowledge(message) {
    const sent = this.#records.get(message.id);
    if (!sent) return this.#records.get(message.request_id) ?? null;
    this.#records.delete(message.id);
    // The same id may have been sent before, on another page or in another life of this one.
    const record = this.#records.get(message.request_id) ?? sent;
    if (record !== sent) this.dispatchEvent(new CustomEvent("remove", { detail: sent }));
    record.clientId = sent.clientId;
    record.payload ??= sent.payload;
    record.requestId = message.request_id;
    record.title = message.title ?? record.title;
    if (record.status === "sending") record.status = "pending";
    Object.assign(record, { position: message.position ?? null, estimatedSeconds: message.estimated_seconds ?? null });
    this.#records.set(message.request_id, record);
    return this.changed(record);
  }

  /** Its place in the queue has changed. */
  wait(message) {
    const record = this.#records.get(message.request_id);
    if (record?.status !== "pending") return;
    const { position, ahead, reason = null, estimated_seconds: estimatedSeconds = null } = message;
    const startsAt =
      message.estimated_start_seconds === undefined ? null : now() + message.estimated_start_seconds * 1000;
    const limitKey = message.limit_key ?? null;
    this.changed(Object.assign(record, { position, ahead, waitReason: reason, limitKey, estimatedSeconds, startsAt }));
  }

  /** Take the answer of an inline request. */
  respond(message) {
    const record = this.#records.get(message.id);
    if (!record) return;
    record.inline = true;
    record.finishedAt = now();
    record.status = message.success ? "completed" : "failed";
    record.result = message.data ?? null;
    record.failedItems = message.metadata?.failed_items ?? 0;
    takeFiles(record, message.metadata ?? {});
    takeOrigin(record, message.metadata ?? {});
    record.error = message.success ? null : (message.error ?? message.data?.error ?? null);
    record.events.set(0, message);
    this.changed(record);
    this.#announce(record);
  }

  /** The server did not take it. */
  refuse(clientId, error) {
    const record = this.#records.get(clientId);
    if (!record) return;
    Object.assign(record, { status: "failed", error, finishedAt: now(), refused: true });
    this.changed(record);
    this.#announce(record);
  }

  /** Resolves when the server has taken a record that is on its way, or refused it. */
  async taken(record) {
    const ended = new AbortController();
    await new Promise((resolve) => {
      const look = ({ type, detail }) =>
        detail === record && (type === "remove" || record.status !== "sending") && resolve();
      for (const name of ["change", "remove"]) this.addEventListener(name, look, { signal: ended.signal });
      if (record.status !== "sending") resolve();
    });
    ended.abort();
  }

  remove(record) {
    this.#records.delete(record.requestId ?? record.clientId);
    this.dispatchEvent(new CustomEvent("remove", { detail: record }));
  }

  /** No longer needed here: nothing is told. The server still has it. */
  forget(record) {
    this.#records.delete(record.requestId ?? record.clientId);
  }

  /** Take a numbered message. They come in order; those that were had before count for nothing. */
  apply(message) {
    const record = this.#records.get(message.request_id);
    if (!record || message.seq <= record.seq) return;
    record.seq = message.seq;
    this.#keep(record, message);
    EFFECTS[message.type]?.(record, message);
    this.changed(record);
    if (message.final) this.#announce(record);
  }

  /**
   * Take a state as a list, the feed or a `snapshot` shows it. What is being followed is told by its events alone,
   * unless `movesCursor`: then the log no longer reaches back, and the state takes the place of what was lost.
   */
  absorb(state, { movesCursor = false } = {}) {
    const record = this.#records.get(state.request_id) ?? this.#sent(state) ?? blank({ requestId: state.request_id });
    this.#records.set(state.request_id, record);
    record.createdAt = toMs(state.created_at) ?? record.createdAt;
    record.action = state.action ?? record.action;
    record.title = state.title ?? record.title;
    record.metadata = state.metadata ?? record.metadata;
    record.tags = state.tags ?? record.tags;
    const ended = !LIVE.has(record.status);
    if (!LIVE.has(state.status)) record.endTold = true;
    if (movesCursor || (!record.following && !(ended && LIVE.has(state.status)))) this.#overwrite(record, state);
    else if (state.cancel_requested && !ended) record.cancelling = true;
    return this.changed(record);
  }

  /** Events that HTTP gave; they fill up the timeline and change nothing else. */
  fillEvents(record, events) {
    for (const event of events) this.#keep(record, event);
    this.changed(record);
  }

  /** A file has a new description, because it is kept for longer. Several requests may have come to the same file. */
  keepFile(file) {
    const has = (record) => artifactsOf(record).some((other) => other.artifact_id === file.artifact_id);
    for (const record of this.all().filter(has)) {
      replaceFile(record, file);
      this.changed(record);
    }
    this.dispatchEvent(new CustomEvent("kept", { detail: file }));
  }

  changed(record) {
    this.dispatchEvent(new CustomEvent("change", { detail: record }));
    return record;
  }

  /** The feed may show a request of ours before its acknowledgment is here. */
  #sent(state) {
    const record = state.id ? this.#records.get(state.id) : undefined;
    if (!record) return undefined;
    this.#records.delete(state.id);
    // Who sends a request follows it: its events are on their way too.
    Object.assign(record, { requestId: state.request_id, following: true, status: "pending" });
    return record;
  }

  #overwrite(record, state) {
    record.seq = Math.max(record.seq, state.seq ?? 0);
    record.status = state.status;
    record.percentage = state.status === "completed" ? 100 : (state.percentage ?? 0);
    record.message = state.message ?? "";
    record.attempt = state.attempt ?? 0;
    record.cancelling = Boolean(state.cancel_requested) && LIVE.has(state.status);
    record.retryAt = toMs(state.retry_at);
    record.startedAt = toMs(state.started_at);
    record.finishedAt = toMs(state.finished_at);
    // The feed leaves out what is large; what is had of it already stays.
    const said = (name) => state[name] ?? (state.omitted?.includes(name) ? record[name] : null);
    record.result = said("result");
    record.receipt = said("receipt");
    record.failedItems = state.failed_items ?? 0;
    record.error = state.error ?? null;
    takeOrigin(record, state);
    takeFiles(record, state, record.artifacts);
    record.payload = state.payload ?? record.payload;
  }

  #keep(record, message) {
    record.events.set(message.seq, message);
    if (record.events.size > MOST_EVENTS_KEPT) record.events.delete(Math.min(...record.events.keys()));
  }

  #announce(record) {
    this.dispatchEvent(new CustomEvent("final", { detail: record }));
  }
}

function finish(record, status, message) {
  record.status = status;
  record.finishedAt = toMs(message.timestamp) ?? now();
  record.cancelling = false;
  record.retryAt = null;
  record.position = null;
}

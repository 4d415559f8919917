/** What is known of every request, and how each message changes it. No I/O here. */

import { now, toMs } from "./clock.js";

export const LIVE = new Set(["sending", "pending", "processing", "retrying"]);
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
  partial() {},
  retrying(record, message) {
    record.status = "retrying";
    record.error = message.error;
    record.retryAt = toMs(message.retry_at);
  },
  complete(record, message) {
    finish(record, "completed", message);
    record.percentage = 100;
    record.result = message.result ?? null;
    record.artifacts = message.artifacts ?? null;
    record.error = null;
  },
  error(record, message) {
    finish(record, "failed", message);
    record.error = message.error;
  },
  cancelled(record, message) {
    finish(record, "cancelled", message);
    record.mode = message.mode;
  },
};

/**
 * All records, by request id once the server gave one, by client id until then.
 *
 * Events: `change` with the record as `detail`; `remove` likewise; `final` when a request that was followed has ended.
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
  add(clientId, action, payload) {
    const record = blank({ clientId, action, payload, status: "sending", createdAt: now() });
    this.#records.set(clientId, record);
    return this.changed(record);
  }

  /** The server took it: from here on it has its own id. Null when this page never sent it. */
  acknowledge(message) {
    const record = this.#records.get(message.id);
    if (!record) return null;
    this.#records.delete(message.id);
    Object.assign(record, { requestId: message.request_id, status: "pending" });
    Object.assign(record, { position: message.position ?? null, estimatedSeconds: message.estimated_seconds ?? null });
    this.#records.set(message.request_id, record);
    return this.changed(record);
  }

  /** Its place in the queue has changed. */
  wait(message) {
    const record = this.#records.get(message.request_id);
    if (record?.status !== "pending") return;
    const { position, ahead, reason = null, estimated_seconds: estimatedSeconds = null } = message;
    this.changed(Object.assign(record, { position, ahead, waitReason: reason, estimatedSeconds }));
  }

  /** An answer given on the spot. */
  respond(message) {
    const record = this.#records.get(message.id);
    if (!record) return;
    record.inline = true;
    record.finishedAt = now();
    record.status = message.success ? "completed" : "failed";
    record.result = message.data ?? null;
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

  remove(record) {
    this.#records.delete(record.requestId ?? record.clientId);
    this.dispatchEvent(new CustomEvent("remove", { detail: record }));
  }

  /**
   * Take a numbered message. Returns `applied`; `old` when it was had before; `gap` when one before it is missing, and
   * it must be asked for; `unknown` when this page does not know the request.
   */
  apply(message) {
    const record = this.#records.get(message.request_id);
    if (!record) return "unknown";
    if (message.seq <= record.seq) return "old";
    if (message.seq > record.seq + 1) return "gap";
    record.seq = message.seq;
    this.#keep(record, message);
    EFFECTS[message.type]?.(record, message);
    this.changed(record);
    if (message.final) this.#announce(record);
    return "applied";
  }

  /**
   * Take a state as a list or a `snapshot` shows it. What is being followed is told by its events alone, unless
   * `movesCursor`: then the log no longer reaches back, and the state takes the place of what was lost.
   */
  absorb(state, { movesCursor = false } = {}) {
    const record = this.#records.get(state.request_id) ?? this.#sent(state) ?? blank({ requestId: state.request_id });
    this.#records.set(state.request_id, record);
    record.createdAt = toMs(state.created_at) ?? record.createdAt;
    record.action = state.action ?? record.action;
    if (movesCursor || !record.following) this.#overwrite(record, state);
    return this.changed(record);
  }

  /** Events that HTTP gave; they fill up the timeline and change nothing else. */
  fillEvents(record, events) {
    for (const event of events) this.#keep(record, event);
    this.changed(record);
  }

  changed(record) {
    this.dispatchEvent(new CustomEvent("change", { detail: record }));
    return record;
  }

  /** The list may show a request of ours before its acknowledgment is here. */
  #sent(state) {
    const record = state.id ? this.#records.get(state.id) : undefined;
    if (!record) return undefined;
    this.#records.delete(state.id);
    record.requestId = state.request_id;
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
    record.result = state.result ?? null;
    record.error = state.error ?? null;
    record.artifacts = state.artifacts ?? record.artifacts;
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

/** The files of a record: as the completing message named them, or the one the result itself points to. */
export function artifactsOf(record) {
  if (record.artifacts?.length) return record.artifacts;
  const result = record.result;
  // Any result may have a `url`; only a file's comes with its name.
  if (typeof result?.url !== "string" || typeof result.filename !== "string") return [];
  return [result];
}

function finish(record, status, message) {
  record.status = status;
  record.finishedAt = toMs(message.timestamp) ?? now();
  record.cancelling = false;
  record.retryAt = null;
  record.position = null;
}

function blank(known) {
  return {
    requestId: null,
    clientId: null,
    action: "",
    payload: null,
    status: "pending",
    percentage: 0,
    message: "",
    attempt: 0,
    seq: 0,
    position: null,
    ahead: null,
    waitReason: null,
    estimatedSeconds: null,
    createdAt: now(),
    startedAt: null,
    finishedAt: null,
    retryAt: null,
    result: null,
    error: null,
    artifacts: null,
    mode: null,
    inline: false,
    refused: false,
    following: false,
    repairing: false,
    cancelling: false,
    events: new Map(),
    ...known,
  };
}

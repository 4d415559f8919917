/** One request as this page knows it. No I/O here. */

import { now, toMs } from "../ground/clock.js";

export const LIVE = new Set(["sending", "pending", "processing", "retrying"]);

/** Whether the server has this request, and more of it than the socket told. */
export function isStored(record) {
  return Boolean(record.requestId) && !record.inline && !record.refused;
}

/** A record of which only this is known. */
export function blank(known) {
  return {
    requestId: null,
    clientId: null,
    action: "",
    title: "",
    payload: null,
    metadata: {},
    tags: [],
    status: "pending",
    percentage: 0,
    message: "",
    attempt: 0,
    seq: 0,
    position: null,
    ahead: null,
    waitReason: null,
    limitKey: null,
    estimatedSeconds: null,
    startsAt: null,
    createdAt: now(),
    startedAt: null,
    finishedAt: null,
    retryAt: null,
    result: null,
    failedItems: 0,
    partial: null,
    receipt: null,
    error: null,
    artifacts: null,
    artifactsTotal: null, // where the server lists only the first of them
    cachedFrom: null,
    computedAt: null,
    mode: null,
    again: false,
    regenerates: null, // the id of the request that this one does again
    siblings: 1, // how many requests of this content went out together
    inline: false,
    refused: false,
    following: false,
    cancelling: false,
    repeating: false, // somebody has just pressed for it to be run again
    endTold: false, // whether a state, not an event, has told that it ended
    events: new Map(),
    ...known,
  };
}

/** What people call it: its title; without one, the name of its action. */
export function nameOf(record, catalog) {
  return record.title || catalog.titleOf(record.action);
}

/** How it stands, where a completed request with failed items differs from others: `with_failures`. */
export function kindOf({ status, failedItems }) {
  return status === "completed" && failedItems > 0 ? "with_failures" : status;
}

/** What is said of the time, and the request where it was stored, that this result comes from. */
export function takeOrigin(record, said) {
  record.cachedFrom = said.cached_from ?? null;
  record.computedAt = toMs(said.computed_at);
}

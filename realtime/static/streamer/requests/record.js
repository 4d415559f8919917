/** One request as this page knows it. No I/O here. */

import { now, toMs } from "../ground/clock.js";

export const LIVE = new Set(["sending", "pending", "processing", "retrying"]);

/** A record of which only this is known. */
export function blank(known) {
  return {
    requestId: null,
    clientId: null,
    action: "",
    payload: null,
    metadata: {},
    status: "pending",
    percentage: 0,
    message: "",
    attempt: 0,
    seq: 0,
    position: null,
    ahead: null,
    waitReason: null,
    estimatedSeconds: null,
    startsAt: null,
    createdAt: now(),
    startedAt: null,
    finishedAt: null,
    retryAt: null,
    result: null,
    partial: null,
    receipt: null,
    error: null,
    artifacts: null,
    cachedFrom: null,
    computedAt: null,
    mode: null,
    again: false,
    inline: false,
    refused: false,
    following: false,
    repairing: false,
    cancelling: false,
    endTold: false, // whether a state, not an event, has told that it ended
    events: new Map(),
    ...known,
  };
}

/** What is said of the time, and the request where it was stored, that this result comes from. */
export function takeOrigin(record, said) {
  record.cachedFrom = said.cached_from ?? null;
  record.computedAt = toMs(said.computed_at);
}

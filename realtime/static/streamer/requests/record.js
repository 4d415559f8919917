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

/** The files of a record: as the server listed them, or those that the result itself describes. */
export function artifactsOf(record) {
  if (record.artifacts?.length) return record.artifacts;
  const result = record.result ?? record.receipt ?? {};
  return [result, result.output, ...Object.values(result.artifacts ?? {})].filter(isFile);
}

/** Any part of a result may have a `url`; only a file's comes with its name. */
export function isFile(value) {
  return typeof value?.url === "string" && typeof value.filename === "string";
}

/** A file is kept for longer: its new description takes the place of the old one. */
export function replaceFile(record, file) {
  record.artifacts = artifactsOf(record).map((old) => (old.artifact_id === file.artifact_id ? file : old));
}

/** What is said of the time, and the request where it was stored, that this result comes from. */
export function takeOrigin(record, said) {
  record.cachedFrom = said.cached_from ?? null;
  record.computedAt = toMs(said.computed_at);
}

/** Decide what a person may do with a request, and which facts there are about it. No DOM here. */

import { duration, exactTime, fullTime } from "../ground/format.js";
import { LIVE } from "../requests/record.js";

/**
 * → `{model, again, edit, cancel}`: the id of a model to predict with, or nothing; and for the others whether they are
 * offered. `canPredict`: whether the server offers that action.
 */
export function choicesOf(record, canPredict) {
  const live = LIVE.has(record.status) && Boolean(record.requestId);
  return {
    model: canPredict ? record.result?.artifacts?.model?.artifact_id : undefined,
    again: !live && Boolean(record.requestId) && !record.inline && !record.refused,
    edit: Boolean(record.payload),
    cancel: live,
  };
}

/** Names and values, and for some a `title` in full: `[[name, value, title], …]`. */
export function factsOf(record) {
  const moment = (name, ms) => (ms ? [name, exactTime(ms), fullTime(ms)] : null);
  return [
    record.requestId ? ["Request", record.requestId] : null,
    ["Action", record.action],
    moment("Sent", record.createdAt),
    moment("Started", record.startedAt),
    moment("Finished", record.finishedAt),
    record.startedAt && record.finishedAt ? ["Took", duration(record.finishedAt - record.startedAt)] : null,
    record.attempt > 1 ? ["Attempts", String(record.attempt)] : null,
  ].filter(Boolean);
}

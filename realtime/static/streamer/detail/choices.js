/** Decide what a person may do with a request, and which facts there are about it. No DOM here. */

import { artifactsOf } from "../files/artifacts.js";
import { duration, exactTime, fullTime } from "../ground/format.js";
import { isStored, LIVE } from "../requests/record.js";
import { againLabel } from "../requests/status.js";

const MAX_HASHES = 10;

/**
 * → `{model, again, edit, cancel}`: the id of a model to predict with, or nothing; the words on the button that has it
 * done once more, or null; and for the others whether they are offered. `canPredict`: whether the server offers that action.
 */
export function choicesOf(record, canPredict) {
  const live = LIVE.has(record.status) && Boolean(record.requestId);
  return {
    model: canPredict ? record.result?.artifacts?.model?.artifact_id : undefined,
    again: againLabel(record),
    edit: Boolean(record.payload) || isStored(record),
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
    ...hashesOf(record),
  ].filter(Boolean);
}

/** By which somebody can see that a file arrived whole. */
function hashesOf(record) {
  const hashed = artifactsOf(record).filter((file) => file.sha256);
  return hashed.slice(0, MAX_HASHES).map((file) => [`SHA-256 of ${file.filename}`, file.sha256]);
}

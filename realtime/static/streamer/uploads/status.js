/** Say in words and figures how an upload stands. No DOM here. */

import { counted, duration, size } from "../ground/format.js";

const UNDER_WAY = new Set(["waiting", "sending", "reading"]);
/** A time that is left, guessed after less than this, would jump about. */
const GUESS_AFTER_MS = 2000;

/** Whether it waits for its turn, is being sent, or is being read by the server. */
export function isUnderWay(upload) {
  return UNDER_WAY.has(upload.state);
}

/** → `{percent, share}`: the whole percent that is sent, and the part of the bar that is filled. */
export function sentOf(upload) {
  const percent = upload.total ? Math.floor((100 * upload.sent) / upload.total) : 0;
  return { percent, share: upload.state === "reading" ? 100 : percent };
}

/** One sentence on how far it is, or how it ended. */
export function sentenceOf(upload) {
  switch (upload.state) {
    case "waiting":
      return "Waits for the one before.";
    case "sending":
      return `${sentOf(upload).percent} % · ${size(upload.sent)} of ${size(upload.total)}${timeLeft(upload)}`;
    case "reading":
      return "All is sent. The server is reading it…";
    case "done":
      return [
        `Stored as ${upload.dataset.name}: ${counted(upload.dataset.rows, "row")}.`,
        ...upload.dataset.notes,
      ].join(" ");
    case "stopped":
      return "Stopped. Nothing of it was stored.";
    default:
      return "";
  }
}

function timeLeft(upload) {
  const ms = performance.now() - upload.startedAt;
  if (ms < GUESS_AFTER_MS || upload.sent === 0) return "";
  return ` · ${duration(((upload.total - upload.sent) * ms) / upload.sent)} left`;
}

/** What is wrong, with all that the server found. */
export function faultOf(error) {
  const faults = error.details?.faults ?? [];
  const others = faults.slice(1).map((fault) => `${fault.path}: ${fault.message}`);
  return [error.message || "The upload failed.", ...others].join(" ");
}

/** The server's clock, so that ages and durations are right on a machine whose own clock is not. */

let offsetMs = 0;

/** Learn from the `timestamp` (Unix seconds) of a message just made. Replayed events are old: they teach nothing. */
export function learn(timestampSeconds) {
  if (Number.isFinite(timestampSeconds)) offsetMs = timestampSeconds * 1000 - Date.now();
}

/** Now, by the server's clock, in milliseconds since 1970. */
export function now() {
  return Date.now() + offsetMs;
}

/** Milliseconds since 1970 of an ISO 8601 string or of Unix seconds; null when it is neither. */
export function toMs(value) {
  const ms = typeof value === "number" ? value * 1000 : Date.parse(value ?? "");
  return Number.isFinite(ms) ? ms : null;
}

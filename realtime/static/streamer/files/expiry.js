/** Tell how long a file is kept, and whether its address may be opened. No DOM here. */

import { now, toMs } from "../ground/clock.js";
import { duration } from "../ground/format.js";

const DAY_MS = 24 * 3600 * 1000;

export function hasExpired(artifact) {
  const expires = toMs(artifact.expires_at);
  return expires !== null && expires < now();
}

export function expiresSoon(artifact) {
  const expires = toMs(artifact.expires_at);
  return expires !== null && expires - now() < DAY_MS && !hasExpired(artifact);
}

/** "5 h 10 min left", "7 days left"; empty for a file that is kept for ever. */
export function timeLeft(artifact) {
  const expires = toMs(artifact.expires_at);
  if (expires === null) return "";
  const days = (expires - now()) / DAY_MS;
  return `${days > 2 ? `${Math.round(days)} days` : duration(expires - now())} left`;
}

/** What a file's link shows; when it changes, the link must be drawn anew. */
export function linkKey(artifact) {
  return [artifact.url, hasExpired(artifact), expiresSoon(artifact)].join();
}

/**
 * The address of a file on a page at `base`; null when it is none that a browser may open. It may be relative. Anything
 * but HTTP would be a way to smuggle script in.
 */
export function safeUrl(text, base) {
  try {
    const url = new URL(text, base);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

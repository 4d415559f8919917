/** Decide what follows the end of a connection: come back or stop, why, and after which pause. No I/O here. */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
const STOP_CODES = { first: 4500, last: 4999 };
const TOKEN_EXPIRED = 4010;
const TOKEN_REFUSED = new Set([4500, 4501]);

const REASONS = {
  4000: "The server is restarting.",
  4002: "This page could not keep up with the messages.",
  4003: "The server heard nothing from this page.",
  4010: "The token expired.",
  4020: "Too many connections are open for this user.",
  4500: "The server did not accept the token.",
  4501: "The token has been revoked.",
  4503: "The server ended the connection because of what this page sent.",
};

/**
 * What a close means → `{reason, comesBack, pauseMs, tokenExpired, tokenRefused}`. `goodbye`: the server's message
 * before it, or null; `wasOpen`: whether the server had answered before. `pauseMs` is the least pause that the server
 * asks for, or undefined.
 */
export function closed(closeCode, { goodbye, wasOpen }) {
  // Some servers lose the close code on the way, so what the goodbye said counts first.
  const code = goodbye?.code ?? closeCode;
  return {
    reason: REASONS[code] ?? (wasOpen ? "The connection was lost." : "The server cannot be reached."),
    comesBack: code < STOP_CODES.first || code > STOP_CODES.last,
    pauseMs: goodbye?.after_ms,
    tokenExpired: code === TOKEN_EXPIRED,
    tokenRefused: TOKEN_REFUSED.has(code),
  };
}

/** Milliseconds until the next attempt, after `failures` in a row; at least `askedMs`. `chance` is from 0 to 1. */
export function pauseAfter(failures, { askedMs = 0, chance = Math.random() } = {}) {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  // Half fixed, half chance: nobody hammers the server, and not all pages come back in the same instant.
  return Math.max(askedMs, ceiling / 2 + chance * (ceiling / 2));
}

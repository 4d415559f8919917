/** Decide what is said of the connection: in the top bar, and in the banner while there is none. No DOM here. */

import { duration } from "../ground/format.js";

const LABELS = {
  idle: "Offline",
  connecting: "Connecting",
  open: "Connected",
  stale: "No answer",
  waiting: "Disconnected",
  stopped: "Stopped",
};
const TRANSPORTS = { websocket: "WebSocket", sse: "server-sent events", poll: "long poll" };
const REASONS = {
  4000: "The server is restarting.",
  4002: "This page could not keep up with the messages.",
  4003: "The server heard nothing from this page.",
  4004: "An error in the server ended this connection.",
  4010: "The token expired.",
  4020: "Too many connections are open for this user.",
  4021: "Too many connections were opened in a short time.",
  4500: "The server did not accept the token.",
  4501: "The token has been revoked.",
  4503: "The server ended the connection because of what this page sent.",
};

/** Why there is no connection. The client's own words where the close code says nothing. */
export function reasonOf({ closeCode, reason }) {
  return reason === "" ? "" : (REASONS[closeCode] ?? reason);
}

/** Whether the client stopped because of the token, so that somebody has to sign in again. */
export function isTokenRefused({ state, closeCode }) {
  return state === "stopped" && (closeCode === 4500 || closeCode === 4501);
}

/** The words in the top bar, and beside them the transport or the seconds until the next try: `{label, detail}`. */
export function labelOf({ state, retryAt, transport, ageMs }) {
  const detail = {
    open: () => TRANSPORTS[transport],
    waiting: () => `${secondsUntil(retryAt)} s`,
    stale: () => `for ${age(ageMs)}`,
  }[state];
  return { label: LABELS[state], detail: detail?.() ?? "" };
}

/** How old it is what is shown: "as of 12 s ago"; empty while it is up to date, and before anything was heard. */
export function asOf({ isLive, ageMs }) {
  return isLive || !Number.isFinite(ageMs) ? "" : `as of ${age(ageMs)} ago`;
}

/** What a state of the link means for people who do not see the page; empty when there is nothing new to tell. */
export function announcementOf(link, troubled) {
  if (isTrouble(link.state) && !troubled)
    return link.state === "stale" ? "The server does not answer." : `Disconnected. ${reasonOf(link)}`;
  return link.state === "open" && troubled ? "Connected again." : "";
}

/** Whether there is trouble after a change of state. An attempt to connect ends none, and is none. */
export function troubledAfter(state, troubled) {
  return state === "connecting" ? troubled : isTrouble(state);
}

/**
 * → `{title, text, button}`, `button` empty where none helps. `wasOpen`: there was a connection before, so what is shown
 * may be out of date.
 */
export function bannerTexts(link, wasOpen) {
  const { state, retryAt } = link;
  const old = wasOpen && asOf(link) ? ` Progress below is ${asOf(link)}.` : "";
  const text = {
    stale: `${link.isOffline ? "This device has no network." : "The connection is open, but nothing comes."}${old}`,
    waiting: `${reasonOf(link)} Trying again in ${secondsUntil(retryAt)} s.${old}`,
    connecting: `Trying to connect…${old}`,
    stopped: `${reasonOf(link)}${old}`,
  }[state];
  const lost = wasOpen ? "Disconnected." : "No connection.";
  return {
    title: state === "stale" ? "The server does not answer." : lost,
    text: text ?? "",
    button: { stale: "", stopped: "Connect again" }[state] ?? "Try now",
  };
}

function isTrouble(state) {
  return state === "waiting" || state === "stopped" || state === "stale";
}

function secondsUntil(ms) {
  return Math.max(1, Math.ceil((ms - Date.now()) / 1000));
}

/** In whole seconds, so that the figure does not flicker. */
function age(ms) {
  return duration(Math.max(1, Math.floor(ms / 1000)) * 1000);
}

/** Decide what the banner says while there is no connection. No DOM here. */

/** What a state of the socket means for people who do not see the page; empty when there is nothing new to tell. */
export function announcementOf({ state, reason }, troubled) {
  if (isTrouble(state) && !troubled) return `Disconnected. ${reason}`;
  return state === "open" && troubled ? "Connected again." : "";
}

/** Whether there is trouble after a change of state. An attempt to connect ends none, and is none. */
export function troubledAfter(state, troubled) {
  return state === "connecting" ? troubled : isTrouble(state);
}

/** → `{title, text, button}`. `wasOpen`: there was a connection before, so what is shown may be out of date. */
export function bannerTexts({ state, reason, retryAt }, wasOpen) {
  const after = wasOpen ? " Progress below may be out of date until then." : "";
  const text = {
    waiting: `${reason} Trying again in ${secondsUntil(retryAt)} s.${after}`,
    connecting: "Trying to connect…",
    stopped: reason,
  }[state];
  return {
    title: wasOpen ? "Disconnected." : "No connection.",
    text: text ?? "",
    button: state === "stopped" ? "Connect again" : "Try now",
  };
}

function isTrouble(state) {
  return state === "waiting" || state === "stopped";
}

function secondsUntil(ms) {
  return Math.max(1, Math.ceil((ms - Date.now()) / 1000));
}

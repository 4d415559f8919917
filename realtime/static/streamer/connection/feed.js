/** The server's feed: every request of this user that is new or has changed, whoever sent it, and files that expire. */

import { LIVE } from "../requests/record.js";

export const FEED = "requests";
export const FEED_ID = "feed";
const RETRY_MS = 5000;

/**
 * Events: `gap` when the list must be read anew, because this is the first look or too much has changed; `live` with a
 * record that runs or waits; `touched` with one that had ended before and has changed since; `expiring` with a notice.
 */
export class Feed extends EventTarget {
  #socket;
  #store;
  #cursor = null;
  #timer = null;

  constructor(socket, store) {
    super();
    this.#socket = socket;
    this.#store = store;
    socket.addEventListener("state", () => socket.state === "open" && this.#subscribe());
    socket.addEventListener("message", (event) => this.#receive(event.detail));
  }

  /** Forget where it was: somebody else may sign in. */
  reset() {
    clearTimeout(this.#timer);
    this.#cursor = null;
  }

  #subscribe() {
    clearTimeout(this.#timer);
    const message = { type: "subscribe", topic: FEED, id: FEED_ID };
    this.#socket.send(this.#cursor ? { ...message, cursor: this.#cursor } : message);
    // What changes while the list is read is told by the feed, which was asked for before it.
    if (!this.#cursor) this.dispatchEvent(new Event("gap"));
  }

  #receive(message) {
    if (message.type === "error" && message.id === FEED_ID) this.#refused(message.error);
    if (message.topic !== FEED) return;
    if (message.type === "subscribed" && message.truncated) this.dispatchEvent(new Event("gap"));
    if (message.cursor) this.#cursor = message.cursor;
    if (message.type === "message") this.#absorb(message.request);
    if (message.type === "result_expiring") this.#tell("expiring", message);
  }

  #absorb(state) {
    const wasEndTold = this.#store.get(state.request_id)?.endTold;
    const record = this.#store.absorb(state);
    if (LIVE.has(record.status)) this.#tell("live", record);
    else if (wasEndTold) this.#tell("touched", record);
  }

  /** A cursor it does not take is of another server or another time. */
  #refused(error) {
    if (error.code === "VALIDATION_ERROR") this.#cursor = null;
    this.#timer = setTimeout(() => this.#subscribe(), (error.retry_after ?? 0) * 1000 || RETRY_MS);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

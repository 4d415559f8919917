/** The server's feed: every request of this user that is new or has changed, whoever sent it, and files that expire. */

import { LIVE } from "../requests/record.js";

/**
 * Events: `gap` when the list must be read anew, because this is the first look or too much has changed; `live` with a
 * record that runs or waits; `touched` with one that had ended before and has changed since; `expiring` with a notice.
 */
export class Feed extends EventTarget {
  #client;
  #store;
  #follower = null;
  #cursor = null;

  constructor(client, store) {
    super();
    this.#client = client;
    this.#store = store;
    client.addEventListener("state", () => this.#look(client.state));
  }

  /** Forget where it was: somebody else may sign in. */
  reset() {
    this.#follower?.close();
    this.#follower = null;
    this.#cursor = null;
  }

  /** The client keeps it up, until the server says not to come back. */
  #look(state) {
    if (state === "stopped") this.#follower = null;
    // The client has its own things to say first on a new connection.
    if (state === "open") queueMicrotask(() => this.#follower ?? this.#begin());
  }

  #begin() {
    this.#follower = this.#client.feed({ cursor: this.#cursor });
    this.#follower.listen((message) => this.#receive(message));
    // What changes while the list is read is told by the feed, which was asked for before it.
    if (!this.#cursor) this.#tell("gap");
  }

  #receive(message) {
    if (message.type === "subscribed" && message.truncated) this.#tell("gap");
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

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The connection as the page shows it: the client's state, and `stale` while an open connection does not answer. */

import { Liveness } from "./liveness.js";

/** Events: `change` when `state` has changed. */
export class Link extends EventTarget {
  #client;
  #liveness = new Liveness();
  #shown = "";

  /** `page` tells when the network is gone. At other moments of doubt, such as waking up, the client pings by itself. */
  constructor(client, page = globalThis) {
    super();
    this.#client = client;
    client.addEventListener("frame", ({ detail }) => this.#passed(detail));
    client.addEventListener("state", () => this.#entered());
    page.addEventListener("offline", () => this.#offline());
  }

  /** `idle`, `connecting`, `open`, `stale`, `waiting` or `stopped`. */
  get state() {
    const isStale = this.#client.state === "open" && this.#liveness.isStale(Date.now());
    return isStale ? "stale" : this.#client.state;
  }

  /** Whether what is shown is up to date. */
  get isLive() {
    return this.state === "open";
  }

  /** Milliseconds since the server said anything; null before it did. */
  get ageMs() {
    return this.#liveness.ageMs(Date.now());
  }

  /** Whether the browser says that there is no network. */
  get isOffline() {
    return globalThis.navigator?.onLine === false;
  }

  get retryAt() {
    return this.#client.retryAt;
  }

  get transport() {
    return this.#client.transport;
  }

  get closeCode() {
    return this.#client.closeCode;
  }

  get reason() {
    return this.#client.reason;
  }

  /** Connect now, unless connected. */
  start() {
    this.#client.start();
  }

  /** A second has passed. A page that nobody sees asks nothing; over HTTP each question would be a call. */
  tick() {
    const isSeen = globalThis.document.visibilityState !== "hidden";
    const isSocket = this.#client.transport === "websocket";
    if (isSeen && this.#liveness.shouldAsk(Date.now()) && isSocket) this.#client.send({ type: "ping" });
    this.#look();
  }

  #passed({ direction, frame }) {
    if (direction === "in") this.#liveness.heard(Date.now());
    else if (frame.type === "ping") this.#liveness.asked(Date.now());
    this.#look();
  }

  #entered() {
    if (this.#client.state === "idle") this.#liveness.reset();
    else if (this.#client.state !== "open") this.#liveness.lost();
    this.#look({ always: true });
  }

  #offline() {
    this.#liveness.offline();
    this.#look();
  }

  /** The reason or the transport may have changed where the state has not. */
  #look({ always = false } = {}) {
    if (this.state === this.#shown && !always) return;
    this.#shown = this.state;
    this.dispatchEvent(new Event("change"));
  }
}

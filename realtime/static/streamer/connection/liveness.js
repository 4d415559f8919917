/** Tell from the messages of a connection whether the other side still answers. No I/O here. */

const ANSWER_MS = 5000;
const QUIET_MS = 10_000;
/** Looks come every second. After a longer pause this machine slept. */
const SLEPT_MS = 5000;

export class Liveness {
  #heardAt = null;
  #askedAt = null;
  #lookedAt = null;
  #isOffline = false;

  /** A message came, at `now` in milliseconds. Whatever the browser says of the network, the other side is there. */
  heard(now) {
    this.#heardAt = now;
    this.#askedAt = null;
    this.#isOffline = false;
  }

  /** A ping went out. */
  asked(now) {
    this.#askedAt ??= now;
  }

  /** There is no connection now: no answer is awaited. */
  lost() {
    this.#askedAt = null;
    this.#isOffline = false;
  }

  /** Nobody is signed in any more. */
  reset() {
    this.lost();
    this.#heardAt = null;
  }

  /** The browser says that there is no network. */
  offline() {
    this.#isOffline = true;
  }

  /** Whether to ping now: after quiet, or after a sleep. Called every second while the page is seen. */
  shouldAsk(now) {
    const slept = this.#lookedAt !== null && now - this.#lookedAt > SLEPT_MS;
    this.#lookedAt = now;
    if (this.#heardAt === null || this.#askedAt !== null) return false;
    return slept || now - this.#heardAt >= QUIET_MS;
  }

  /** Whether what is shown may be old: a ping has had no answer for 5 s, or there is no network. */
  isStale(now) {
    return this.#isOffline || (this.#askedAt !== null && now - this.#askedAt >= ANSWER_MS);
  }

  /** Milliseconds since the last message; null before the first. */
  ageMs(now) {
    return this.#heardAt === null ? null : Math.max(0, now - this.#heardAt);
  }
}

/** Whether the other side is still there. No I/O here. */

const DEFAULT_SECONDS = 20;
/** After a sleep, or when the network changed: an answer comes within this, or the connection is dead. */
const PROBE_MS = 5000;

/** What to do at a moment: `ping`, `lost`, or nothing until `nextMs` later. */
export interface Beat {
  act: "ping" | "lost" | null;
  nextMs: number;
}

export class Heartbeat {
  #everyMs = DEFAULT_SECONDS * 1000;
  #heardAt = 0;
  /** When the connection counts as dead; null as long as no answer is awaited. */
  #deadline: number | null = null;

  /** A connection has opened; `seconds` is its `heartbeat_seconds`. */
  begin(now: number, seconds: number | undefined): void {
    this.#everyMs = (seconds || DEFAULT_SECONDS) * 1000;
    this.heard(now);
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#deadline = null;
  }

  /** A ping was sent because there is doubt: its answer is wanted soon. */
  doubt(now: number): void {
    this.#deadline = Math.min(this.#deadline ?? Infinity, now + PROBE_MS);
  }

  look(now: number): Beat {
    if (this.#deadline !== null) {
      return now < this.#deadline ? { act: null, nextMs: this.#deadline - now } : { act: "lost", nextMs: 0 };
    }
    const pingAt = this.#heardAt + this.#everyMs;
    if (now < pingAt) return { act: null, nextMs: pingAt - now };
    // Much later than it should be: this machine slept, or holds back the timers of a page that nobody sees.
    const nextMs = now - pingAt > this.#everyMs ? PROBE_MS : this.#everyMs;
    this.#deadline = now + nextMs;
    return { act: "ping", nextMs };
  }
}

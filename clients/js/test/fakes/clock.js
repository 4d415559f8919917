/** Time that passes when a test says so. */

const REAL = { setTimeout, clearTimeout };
const realNow = Date.now;
const START_MS = Date.UTC(2026, 0, 15, 12);
const ROUNDS = 4;

/** Let everything go on that waits for promises alone. */
export async function settled() {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Takes the place of real time until the test ends: timers and `Date.now()`. */
export class Clock {
  seconds = 0;
  #timers = new Map();
  #lastId = 0;

  constructor(test) {
    globalThis.setTimeout = (work, ms = 0, ...values) => this.#add(() => work(...values), ms);
    globalThis.clearTimeout = (id) => (typeof id === "number" ? this.#timers.delete(id) : REAL.clearTimeout(id));
    Date.now = () => START_MS + this.seconds * 1000;
    test.after(() => {
      Object.assign(globalThis, REAL);
      Date.now = realNow;
    });
  }

  /** Let `seconds` pass, with every timer that rings on the way. */
  async pass(seconds) {
    await this.until(() => false, seconds);
  }

  /** Let time pass until something has happened, at most `seconds`; whether it has. */
  async until(hasHappened, seconds) {
    const end = this.seconds + seconds;
    await settled();
    while (!hasHappened()) {
      const next = this.#next();
      if (next === null || next.at > end + 1e-9) {
        this.seconds = end;
        return hasHappened();
      }
      this.seconds = Math.max(this.seconds, next.at);
      this.#timers.delete(next.id);
      next.work();
      await settled();
    }
    return true;
  }

  #next() {
    const due = [...this.#timers].map(([id, timer]) => ({ id, ...timer }));
    return due.sort((a, b) => a.at - b.at || a.id - b.id)[0] ?? null;
  }

  #add(work, ms) {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { work, at: this.seconds + Math.max(0, ms) / 1000 });
    return this.#lastId;
  }
}

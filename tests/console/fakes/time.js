/** Time that passes when a test says so: timers, `Date.now()` and `performance.now()`. */

const REAL = { setTimeout, clearTimeout, setInterval, clearInterval };
const realDateNow = Date.now;
const realPerformance = performance;

/** Let everything go on that waits for promises alone. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

export class FakeTime {
  #timers = new Map();
  #lastId = 0;

  /** Takes the place of real time until the test ends. */
  constructor(test, startMs = Date.UTC(2026, 0, 15, 12)) {
    this.ms = startMs;
    Object.assign(globalThis, {
      setTimeout: (callback, ms = 0) => this.#add(callback, ms),
      setInterval: (callback, ms) => this.#add(callback, ms, ms),
      clearTimeout: (id) => this.#timers.delete(id),
      clearInterval: (id) => this.#timers.delete(id),
    });
    Date.now = () => this.ms;
    setPerformance({ now: () => this.ms - startMs });
    test.after(() => {
      Object.assign(globalThis, REAL);
      Date.now = realDateNow;
      setPerformance(realPerformance);
    });
  }

  /** Milliseconds until the next timer rings; null when none is set. */
  get untilNext() {
    const due = [...this.#timers.values()].map((timer) => timer.at);
    return due.length ? Math.min(...due) - this.ms : null;
  }

  /** Let `ms` pass, with every timer that rings on the way. */
  async pass(ms) {
    const end = this.ms + ms;
    await settled();
    while (this.untilNext !== null && this.ms + this.untilNext <= end) {
      this.ms += this.untilNext;
      this.#ring();
      await settled();
    }
    this.ms = end;
  }

  #ring() {
    const [id, timer] = [...this.#timers].find(([, { at }]) => at <= this.ms);
    if (timer.every) timer.at += timer.every;
    else this.#timers.delete(id);
    timer.callback();
  }

  #add(callback, ms, every = null) {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { callback, at: this.ms + ms, every });
    return this.#lastId;
  }
}

/** Older versions of Node let nobody assign it. */
function setPerformance(value) {
  Object.defineProperty(globalThis, "performance", { value, configurable: true, writable: true });
}

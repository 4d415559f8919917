/** Chance that is the same at every run, so that a failure can be repeated. */

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** From 0 to 1, without 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick(items) {
    return items[this.between(0, items.length - 1)];
  }

  /** True once in `times`. */
  once(times) {
    return this.between(1, times) === 1;
  }
}

/** Call `check(random, seed)` with many seeds; the message of a failure names the seed. */
export function forSeeds(seeds, check) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      check(new Random(seed), seed);
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

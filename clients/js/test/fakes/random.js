/** Chance that is the same at every run, so that a failure can be repeated. */

class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low, high) {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((this.#state / 2 ** 32) * (high - low + 1));
  }

  pick(items) {
    return items[this.between(0, items.length - 1)];
  }

  /** True once in `times`. */
  once(times) {
    return this.between(1, times) === 1;
  }
}

/** Call `check(random)` with many seeds; the message of a failure names the seed. */
export async function forSeeds(seeds, check) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      await check(new Random(seed * 7919));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

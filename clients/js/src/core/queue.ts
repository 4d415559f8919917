/** Messages between the connection and whoever reads them, one at a time. */

import type { Frame } from "../wire.ts";

interface Reader {
  resolve(result: IteratorResult<Frame>): void;
  reject(error: unknown): void;
}

/** It ends once, with or without an error, after what it still holds. `onTake` is called with each message taken. */
export class Queue {
  #held: Frame[] = [];
  #readers: Reader[] = [];
  #isOver = false;
  #error: unknown = null;
  readonly onTake: (frame: Frame) => void;

  constructor(onTake: (frame: Frame) => void) {
    this.onTake = onTake;
  }

  get size(): number {
    return this.#held.length;
  }

  push(frame: Frame): void {
    const reader = this.#readers.shift();
    if (!reader) this.#held.push(frame);
    else this.#hand(frame, reader.resolve);
  }

  end(error: unknown = null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    for (const { resolve, reject } of this.#readers.splice(0)) error ? reject(error) : resolve(over());
  }

  next(): Promise<IteratorResult<Frame>> {
    return new Promise((resolve, reject) => {
      const frame = this.#held.shift();
      if (frame) this.#hand(frame, resolve);
      else if (!this.#isOver) this.#readers.push({ resolve, reject });
      else if (this.#error) reject(this.#error);
      else resolve(over());
    });
  }

  /** Take all that is held without looking at it. */
  clear(): void {
    for (const frame of this.#held.splice(0)) this.onTake(frame);
  }

  #hand(frame: Frame, resolve: Reader["resolve"]): void {
    resolve({ value: frame, done: false });
    this.onTake(frame);
  }
}

function over(): IteratorResult<Frame> {
  return { value: undefined, done: true };
}

/** Questions that wait for their answers. Those that may be asked twice survive a lost connection. No I/O here. */

import type { StreamerError } from "../errors.ts";
import type { Frame } from "../wire.ts";

interface Ask {
  frame: Frame;
  repeats: boolean;
  resolve(answer: Frame): void;
  reject(error: unknown): void;
}

export class Asks {
  readonly #waiting = new Map<string, Ask>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** `repeats`: ask again on the next connection; else a lost connection rejects it. */
  add(frame: Frame, repeats: boolean): Promise<Frame> {
    return new Promise((resolve, reject) => this.#waiting.set(frame.id, { frame, repeats, resolve, reject }));
  }

  answer(frame: Frame): void {
    this.#take(frame.id)?.resolve(frame);
  }

  refuse(id: string, error: StreamerError): void {
    this.#take(id)?.reject(error);
  }

  /** Reject all; or those alone that may not be asked twice. */
  fail(error: unknown, all: boolean): void {
    for (const [id, { repeats }] of this.#waiting) if (all || !repeats) this.#take(id)?.reject(error);
  }

  frames(): Frame[] {
    return [...this.#waiting.values()].map(({ frame }) => frame);
  }

  #take(id: string): Ask | undefined {
    const ask = this.#waiting.get(id);
    this.#waiting.delete(id);
    return ask;
  }
}

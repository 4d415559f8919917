/** What the application has taken and the server does not know of yet. */

import type { Frame } from "../wire.ts";
import type { LogField } from "./port.ts";

const EVERY = 64;

export class Credit {
  #taken = new Map<string, Frame>();
  #count = 0;

  /** Note that the application took a message; true when it is time to say so at once. */
  take(field: LogField, name: string, seq: number): boolean {
    const key = `${field} ${name}`;
    const known = this.#taken.get(key)?.seq ?? 0;
    this.#taken.set(key, { type: "received", [field]: name, seq: Math.max(known, seq) });
    this.#count += 1;
    return this.#count >= EVERY;
  }

  /** The `received` messages that are due; from then on they count as sent. */
  flush(): Frame[] {
    const due = [...this.#taken.values()];
    this.reset();
    return due;
  }

  /** A new connection: its window counts anew. */
  reset(): void {
    this.#taken.clear();
    this.#count = 0;
  }
}

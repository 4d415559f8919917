/** Tells the server what the application has taken: after so many messages, or when it is quiet. */

import { Credit } from "../core/credit.ts";
import type { Port } from "../core/port.ts";

const QUIET_MS = 100;

export class Receipts {
  readonly #credit = new Credit();
  readonly #send: Port["send"];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: Port["send"]) {
    this.#send = send;
  }

  took(...message: Parameters<Port["took"]>): void {
    clearTimeout(this.#timer);
    if (this.#credit.take(...message)) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), QUIET_MS);
  }

  /** A new connection: its window counts anew. */
  reset(): void {
    this.#credit.reset();
  }

  #flush(): void {
    for (const frame of this.#credit.flush()) this.#send(frame);
  }
}

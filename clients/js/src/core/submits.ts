/** Requests that were submitted and are not answered: they are sent until they are. No I/O here. */

import { QueueFull, ValidationFailed } from "../errors.ts";
import type { Acknowledgment, Frame } from "../wire.ts";
import type { Stream } from "./stream.ts";

/** As many are sent at once on a new connection, the rest a part at a time, so that the server's rates hold. */
const FIRST_BURST = 100;
const BURST = 40;
const FRAME_BYTES = 1 << 20;

export class Submission {
  readonly frame: Frame;
  readonly stream: Stream;
  /** The server's id, once it is known. */
  requestId: string | null = null;
  readonly acknowledged: Promise<Acknowledgment | null>;
  /** It was on a connection at least once, so that the server may have it. */
  wasSent = false;
  isCancelWanted = false;
  /** Those of one batch go in one message. */
  batch: object | null = null;
  #answer!: (message: Acknowledgment | null) => void;
  #refuse!: (error: unknown) => void;

  constructor(frame: Frame, stream: Stream) {
    this.frame = frame;
    this.stream = stream;
    this.acknowledged = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    this.acknowledged.catch(() => {});
  }

  acknowledge(message: Acknowledgment | null): void {
    this.requestId = message?.request_id ?? null;
    this.#answer(message);
  }

  fail(error: unknown): void {
    this.#refuse(error);
    this.stream.fail(error);
  }
}

export class Submits {
  readonly #most: number;
  readonly #waiting = new Map<string, Submission>();
  #unsent: Submission[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get(id: string): Submission | undefined {
    return this.#waiting.get(id);
  }

  /** Throws QueueFull, or ValidationFailed for what no connection would take. */
  add(submission: Submission, isOpen: boolean, frameBytes = FRAME_BYTES): void {
    if (!isOpen && this.#waiting.size >= this.#most) {
      throw new QueueFull({ code: "QUEUE_FULL", message: `${this.#most} requests wait for a connection.` });
    }
    const bytes = new TextEncoder().encode(JSON.stringify(submission.frame)).length;
    if (bytes > frameBytes) {
      const message = `The request has ${bytes} bytes; the server takes ${frameBytes}.`;
      throw new ValidationFailed({ code: "PAYLOAD_TOO_LARGE", message });
    }
    this.#waiting.set(submission.frame.id, submission);
  }

  remove(id: string): Submission | undefined {
    const submission = this.#waiting.get(id);
    this.#waiting.delete(id);
    return submission;
  }

  all(): Submission[] {
    return [...this.#waiting.values()];
  }

  /** A new connection: everything has to be sent on it. Returns what to send now. */
  begin(): Submission[] {
    this.#unsent = this.all();
    return this.#part(FIRST_BURST);
  }

  /** What to send now of the rest; call it once a second. */
  more(): Submission[] {
    return this.#part(BURST);
  }

  get hasMore(): boolean {
    return this.#unsent.length > 0;
  }

  #part(size: number): Submission[] {
    return this.#unsent.splice(0, size).filter(({ frame }) => this.#waiting.has(frame.id));
  }
}

/** One follower of one log: the number it has come to, and what its reader has not taken yet. No I/O here. */

import { type Frame, isFinal } from "../wire.ts";
import { Queue } from "./queue.ts";

/** As many messages wait for a reader. The rest stays in the server's log until there is room. */
const MOST_UNREAD = 1024;

/** `new`: it is the reader's; `old`: it was had before; `gap`: one before it is missing; `full`: no room for it. */
export type Verdict = "new" | "old" | "gap" | "full";

/** Called with each message when the reader has it. */
export type Taken = (frame: Frame) => void;

interface Settle {
  resolve(last: Frame | null): void;
  reject(error: unknown): void;
}

export class Stream {
  /** The highest number that was accepted; numbers up to it are dropped. */
  seq: number;
  /** The message that ended it; null until then, and when it ended before the first number asked for. */
  last: Frame | null = null;
  isOver = false;
  /** A gap was asked for, and its answer is on the way. */
  isRepairing = false;
  /** Left behind by a slow reader: what comes is not taken until there is room. */
  isBehind = false;
  /** Nobody has looked at its messages so far, so that none waits for anybody. */
  isRead = false;
  /** Somebody waits for the end alone. */
  isAwaited = false;
  readonly end: Promise<Frame | null>;
  readonly #queue: Queue;
  readonly #taken: Taken;
  readonly #onRoom: () => void;
  readonly #settle: Settle;
  #listener: ((frame: Frame) => void) | null = null;

  /** `onRoom` is called when a stream that fell behind may be read on. */
  constructor(afterSeq: number, taken: Taken, onRoom: () => void) {
    this.seq = afterSeq;
    this.#taken = taken;
    this.#onRoom = onRoom;
    this.#queue = new Queue((frame) => this.#took(frame));
    let settle!: Settle;
    this.end = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle;
    this.end.catch(() => {});
  }

  accept(frame: Frame): Verdict {
    const { seq } = frame;
    if (this.isOver) return "old";
    if (seq !== undefined && seq <= this.seq) return "old";
    if (seq > this.seq + 1 && frame.type !== "snapshot") return "gap";
    if (this.isBehind || !this.#hasRoom()) return "full";
    this.seq = seq ?? this.seq;
    return this.#deliver(frame);
  }

  /** Hand each message to `listener` as it comes, instead of keeping it for `next`. */
  listen(listener: (frame: Frame) => void): void {
    const other = this.#listener;
    this.#listener = (frame) => {
      other?.(frame);
      listener(frame);
    };
  }

  next(): Promise<IteratorResult<Frame>> {
    this.isRead = true;
    return this.#queue.next();
  }

  /** The reader went away: what comes is for nobody, but its end still counts. */
  ignore(): void {
    this.#listener = () => {};
    this.#queue.clear();
    this.#queue.end();
    this.#goOn();
  }

  finish(last: Frame | null): void {
    this.isOver = true;
    this.last = last;
    this.#settle.resolve(last);
    this.#queue.end();
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#settle.reject(error);
    this.#queue.end(error);
  }

  #deliver(frame: Frame): Verdict {
    if (this.#listener) {
      this.#listener(frame);
      this.#taken(frame);
    } else {
      this.#queue.push(frame);
      if (!this.isRead) this.#taken(frame);
    }
    if (isFinal(frame)) this.finish(frame);
    return "new";
  }

  #hasRoom(): boolean {
    if (this.#queue.size < MOST_UNREAD) return true;
    if (!this.isRead && this.isAwaited) this.#queue.clear();
    else this.isBehind = true;
    return !this.isBehind;
  }

  #took(frame: Frame): void {
    if (this.isRead) this.#taken(frame);
    if (this.#queue.size <= MOST_UNREAD / 2) this.#goOn();
  }

  #goOn(): void {
    if (!this.isBehind) return;
    this.isBehind = false;
    this.#onRoom();
  }
}

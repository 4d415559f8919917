/** Requests that were submitted and are not answered: they are sent until they are. No I/O here. */

import { QueueFull } from "../errors.ts";
import type { Acknowledgment, Frame } from "../wire.ts";
import { shareOf } from "./sizes.ts";
import type { Stream } from "./stream.ts";

/** As many are sent at once on a new connection, the rest a part at a time, so that the server's rates hold. */
const FIRST_BURST = 100;
const BURST = 40;
const MOST_IN_BATCH = 100;
/** A message as large as may be has more than one batch has: room for what is around its requests. */
const MOST_PLACES = 110;

export class Submission {
  readonly frame: Frame;
  readonly follower: Stream;
  /** How many of the places of a batch it takes, all of them if it goes alone. */
  readonly places: number;
  /** The server's id, once it is known. */
  requestId: string | null = null;
  readonly acknowledged: Promise<Acknowledgment | null>;
  /** It was on a connection at least once, so that the server may have it. */
  wasSent = false;
  isCancelWanted = false;
  /** It goes in one message with those beside it. */
  readonly isBatched: boolean;
  #answer!: (message: Acknowledgment | null) => void;
  #refuse!: (error: unknown) => void;

  /** Throws ValidationFailed for what the server does not take. */
  constructor(frame: Frame, follower: Stream, isBatched: boolean, limits: Frame) {
    this.frame = frame;
    this.follower = follower;
    this.isBatched = isBatched;
    this.places = Math.max(shareOf(frame, limits) * MOST_PLACES, isBatched ? 1 : MOST_IN_BATCH);
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
    this.follower.fail(error);
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

  /** Add all, or none: throws QueueFull. */
  add(submissions: Submission[], isOpen: boolean): void {
    if (!isOpen && this.#waiting.size + submissions.length > this.#most) {
      throw new QueueFull({ code: "QUEUE_FULL", message: `${this.#most} requests wait for a connection.` });
    }
    for (const submission of submissions) this.#waiting.set(submission.frame.id, submission);
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

/** Those that go in one message, in the order given. */
export function grouped(submissions: Submission[]): Submission[][] {
  const groups: Submission[][] = [];
  let room = 0;
  for (const submission of submissions) {
    room -= submission.places;
    if (room < 0) {
      room = MOST_IN_BATCH - submission.places;
      groups.push([]);
    }
    groups.at(-1)?.push(submission);
  }
  return groups;
}

/** What a program holds of a request: its events, its end, and the ways to steer it. */

import type { Conversation } from "./core/conversation.ts";
import type { Stream } from "./core/stream.ts";
import type { Submission } from "./core/submits.ts";
import { resultOf } from "./errors.ts";
import type { Acknowledgment, Frame, RequestEvent, Snapshot } from "./wire.ts";

/**
 * Iterate it for the events, in order, each once; the last is the final one. Leaving the loop early ends a `follow`;
 * what was submitted runs on, and its `result` still comes. There is one iteration: a second gets what the first left.
 */
export class Handle<Result = unknown> implements AsyncIterable<RequestEvent<Result>> {
  /** The idempotency key; null for a request that is followed only. */
  readonly id: string | null;
  /** Resolves when the server has stored the request; with null for an inline action, and for one that is followed. */
  readonly acknowledged: Promise<Acknowledgment | null>;
  readonly #conversation: Conversation;
  readonly #submission: Submission | null;
  readonly #stream: Stream;
  readonly #requestId: string | null;

  /** @internal Programs get one from `Client.submit` or `Client.follow`. */
  constructor(conversation: Conversation, of: Submission | { requestId: string; follower: Stream }) {
    this.#conversation = conversation;
    this.#submission = "frame" in of ? of : null;
    this.#stream = of.follower;
    this.#requestId = of.requestId;
    this.id = this.#submission?.frame.id ?? null;
    this.acknowledged = this.#submission?.acknowledged ?? Promise.resolve(null);
  }

  /** The server's id; null until the request is acknowledged. */
  get requestId(): string | null {
    return this.#submission?.requestId ?? this.#requestId;
  }

  /** The number of the last event that arrived; 0 before the first. */
  get seq(): number {
    return this.#stream.seq;
  }

  /** The message that ended the request; null until then. */
  get final(): RequestEvent<Result> | null {
    return this.#stream.last as RequestEvent<Result> | null;
  }

  /** Throws RequestFailed or RequestCancelled when it ended so, another StreamerError when it was not taken. */
  async result(): Promise<Result> {
    this.#stream.isAwaited = true;
    const last = (await this.#stream.end) ?? (await this.status());
    return resultOf(last as Frame) as Result;
  }

  /** Resolves when the server has taken the wish, or the request has ended. The final message tells how it went. */
  async cancel(): Promise<void> {
    if (this.#stream.isOver) return;
    if (this.requestId) return this.#conversation.cancelRequest(this.requestId);
    if (this.#submission) this.#conversation.cancel(this.#submission);
  }

  /** The state as the server knows it now. */
  async status(): Promise<Snapshot> {
    await this.acknowledged;
    return (await this.#conversation.ask({ type: "status", request_id: this.requestId }, true)) as Snapshot;
  }

  /** Call `listener` with each event from now on, instead of iterating. */
  listen(listener: (event: RequestEvent<Result>) => void): void {
    this.#stream.listen((frame) => listener(frame as RequestEvent<Result>));
  }

  /** Stop following. The request itself runs on. */
  close(): void {
    this.#stream.ignore();
    if (this.#requestId) this.#conversation.follows.remove(this.#requestId, this.#stream);
  }

  [Symbol.asyncIterator](): AsyncIterator<RequestEvent<Result>> {
    return {
      next: () => this.#stream.next() as Promise<IteratorResult<RequestEvent<Result>>>,
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
    };
  }
}

/** What a program holds of a topic that it follows. */

import type { TopicStream, Topics } from "./core/topics.ts";
import type { Frame } from "./wire.ts";

/**
 * Iterate it for the messages, first the server's `subscribed`. It does not end by itself; leaving the loop
 * unsubscribes.
 */
export class TopicFollower implements AsyncIterable<Frame> {
  readonly #topics: Topics;
  readonly #stream: TopicStream;

  /** @internal Programs get one from `Client.topic` or `Client.feed`. */
  constructor(topics: Topics, stream: TopicStream) {
    this.#topics = topics;
    this.#stream = stream;
  }

  /** Where the feed is: pass it to `Client.feed` to go on from there. Null for other topics. */
  get cursor(): string | null {
    return this.#stream.cursor;
  }

  /** The number of the last message of a topic with a history. */
  get seq(): number {
    return this.#stream.seq;
  }

  /** Call `listener` with each message from now on, instead of iterating. */
  listen(listener: (message: Frame) => void): void {
    this.#stream.listen(listener);
  }

  close(): void {
    this.#topics.remove(this.#stream);
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return {
      next: () => this.#stream.next(),
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
    };
  }
}

/** The topics that are followed, the feed of all requests among them. No I/O here. */

import { errorOf } from "../errors.ts";
import type { ErrorBody, Frame } from "../wire.ts";
import type { Port } from "./port.ts";
import { againMs } from "./reconnect.ts";
import { Stream } from "./stream.ts";

/** The topic with the news of all requests of the user. */
export const FEED = "requests";
/** The number of a stream that goes on from whatever comes first. */
const FROM_NOW = -1;

/** A follower of a topic. `cursor`: where the feed is, to come back to. */
export class TopicStream extends Stream {
  readonly topic: string;
  cursor: string | null = null;
  askedAs = "";
  /** Its cursor was of no use, so that it does not know what it missed. */
  hasLost = false;

  constructor(topic: string, afterSeq: number | undefined, port: Port, onRoom: () => void) {
    const taken = (frame: Frame): void => {
      if (frame.seq !== undefined) port.took("topic", topic, frame.seq);
    };
    super(afterSeq ?? FROM_NOW, taken, onRoom);
    this.topic = topic;
  }

  get place(): Frame {
    if (this.cursor) return { cursor: this.cursor };
    return this.seq === FROM_NOW ? {} : { after_seq: this.seq };
  }
}

export class Topics {
  readonly #port: Port;
  readonly #streams = new Set<TopicStream>();

  constructor(port: Port) {
    this.#port = port;
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  follow(topic: string, position: { cursor?: string | null; afterSeq?: number }): TopicStream {
    const stream = new TopicStream(topic, position.afterSeq, this.#port, () => this.#subscribe(stream));
    stream.cursor = position.cursor ?? null;
    this.#streams.add(stream);
    this.#subscribe(stream);
    return stream;
  }

  remove(stream: TopicStream): void {
    this.#streams.delete(stream);
    stream.finish(null);
    if (!this.#of(stream.topic).length) this.#port.send({ type: "unsubscribe", topic: stream.topic });
  }

  resume(): void {
    for (const stream of this.#streams) this.#subscribe(stream);
  }

  receive(frame: Frame): void {
    for (const stream of this.#of(frame.topic)) {
      const wasBehind = stream.isBehind;
      const verdict = stream.accept(frame.type === "subscribed" ? this.#begun(stream, frame) : frame);
      if (verdict === "new") stream.cursor = frame.cursor ?? stream.cursor;
      if (verdict === "old") this.#port.took("topic", stream.topic, frame.seq);
      if (verdict === "gap" && !stream.isRepairing) this.#subscribe(stream);
      if (verdict === "full" && !wasBehind) this.#port.send({ type: "unsubscribe", topic: stream.topic });
    }
  }

  /** False when the error does not answer a subscription. */
  refuse(frame: Frame): boolean {
    const stream = [...this.#streams].find(({ askedAs }) => askedAs === frame.id);
    if (stream) this.#refused(stream, frame.error);
    return stream !== undefined;
  }

  /** A topic has no end, so that one that the program itself closed has come to it. */
  failAll(error: { closeCode?: number }): void {
    for (const stream of this.#streams) error.closeCode === 1000 ? stream.finish(null) : stream.fail(error);
    this.#streams.clear();
  }

  #of(topic: string): TopicStream[] {
    return [...this.#streams].filter((stream) => stream.topic === topic);
  }

  #subscribe(stream: TopicStream): void {
    if (!this.#streams.has(stream)) return;
    stream.isRepairing = true;
    stream.askedAs = this.#port.newId("subscribe");
    this.#port.send({ type: "subscribe", topic: stream.topic, ...stream.place, id: stream.askedAs });
  }

  #begun(stream: TopicStream, frame: Frame): Frame {
    stream.isRepairing = false;
    if (stream.seq === FROM_NOW) stream.seq = frame.last_seq ?? FROM_NOW;
    const hasLost = stream.hasLost;
    stream.hasLost = false;
    return hasLost ? { ...frame, truncated: true } : frame;
  }

  /** A cursor that the server does not take is of another server, or of another time. */
  #refused(stream: TopicStream, body: ErrorBody): void {
    if (stream.cursor && body.code === "VALIDATION_ERROR") {
      stream.cursor = null;
      stream.hasLost = true;
      this.#subscribe(stream);
    } else if (body.retryable) {
      this.#port.later(againMs(body), () => this.#subscribe(stream));
    } else {
      this.#streams.delete(stream);
      stream.fail(errorOf(body));
    }
  }
}

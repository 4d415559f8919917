/** The requests that are followed: where each follower is, and what has to be asked for. No I/O here. */

import { errorOf } from "../errors.ts";
import { type Frame, isFinalStatus } from "../wire.ts";
import type { LogField, Port } from "./port.ts";
import { againMs } from "./reconnect.ts";
import { Stream, type Verdict } from "./stream.ts";

const MOST_IN_ONE = 128;

export class Follows {
  readonly #port: Port;
  readonly #streams = new Map<string, Set<Stream>>();
  readonly #asked = new Map<string, string[]>();
  readonly #planned: string[] = [];

  constructor(port: Port) {
    this.#port = port;
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  /** A stream that is of no request yet, because the server has not acknowledged it. */
  create(afterSeq: number, requestId: () => string | null): Stream {
    const field: LogField = "request_id";
    const taken = (frame: Frame): void => {
      const id = requestId();
      if (id && frame.seq && frame.type !== "response") this.#port.took(field, id, frame.seq);
    };
    return new Stream(afterSeq, taken, () => {
      const id = requestId();
      if (id) this.#subscribe([id]);
    });
  }

  /** `begun`: the connection follows it already. */
  add(requestId: string, stream: Stream, begun: boolean): void {
    const others = this.#streams.get(requestId);
    if (others) others.add(stream);
    else this.#streams.set(requestId, new Set([stream]));
    if (begun) return;
    // Those of one moment share a message.
    if (!this.#planned.length) this.#port.soon(() => this.#subscribe(this.#planned.splice(0)));
    this.#planned.push(requestId);
  }

  has(requestId: string): boolean {
    return this.#streams.has(requestId);
  }

  /** Stop following, for one follower; the server is told when it was the last. */
  remove(requestId: string, stream: Stream): void {
    if (!this.#drop(requestId, stream)) return;
    this.#port.send({ type: "unsubscribe", request_id: requestId });
  }

  /** On a new connection: all of it, from where each stands. */
  resume(): void {
    this.#asked.clear();
    this.#planned.length = 0;
    this.#subscribe([...this.#streams.keys()]);
  }

  cursors(): [string, number][] {
    return [...this.#streams].map(([id, streams]) => [id, lowest(streams)]);
  }

  receive(frame: Frame): void {
    const requestId: string = frame.request_id;
    const verdicts = this.#of(requestId).map((stream) => this.#offer(requestId, stream, frame));
    // What nobody takes has arrived all the same, and must not fill up the window.
    if (frame.seq && !verdicts.includes("new") && !verdicts.includes("gap")) {
      this.#port.took("request_id", requestId, frame.seq);
    }
  }

  /** The answer to a subscription: what is not there has ended, and so has what has nothing more to say. */
  subscribed(frame: Frame): void {
    this.#asked.delete(frame.id);
    for (const { request_id: requestId, status, last_seq: lastSeq, error } of frame.requests ?? [frame]) {
      if (error) this.#refused(requestId, error);
      else this.#begun(requestId, isFinalStatus(status) ? lastSeq : null);
    }
  }

  /** False when the error does not answer a subscription. */
  refuse(frame: Frame): boolean {
    const asked = this.#asked.get(frame.id);
    this.#asked.delete(frame.id);
    // One that is no id spoils the question for the others.
    if (asked?.[1] && !frame.error.retryable) for (const requestId of asked) this.#subscribe([requestId]);
    else for (const requestId of asked ?? []) this.#refused(requestId, frame.error);
    return asked !== undefined;
  }

  failAll(error: unknown): void {
    for (const streams of this.#streams.values()) for (const stream of streams) stream.fail(error);
    this.#streams.clear();
    this.#asked.clear();
  }

  #of(requestId: string): Stream[] {
    return [...(this.#streams.get(requestId) ?? [])];
  }

  #offer(requestId: string, stream: Stream, frame: Frame): Verdict {
    const wasBehind = stream.isBehind;
    const verdict = stream.accept(frame);
    if (verdict === "gap" && !stream.isRepairing) this.#subscribe([requestId]);
    if (verdict === "full" && !wasBehind) this.#leave(requestId);
    if (stream.isOver) this.#drop(requestId, stream);
    return verdict;
  }

  #subscribe(requestIds: string[]): void {
    const requests: Frame[] = [];
    for (const requestId of new Set(requestIds)) {
      const streams = this.#of(requestId).filter((stream) => !stream.isBehind);
      for (const stream of streams) stream.isRepairing = true;
      if (streams.length) requests.push({ request_id: requestId, after_seq: lowest(streams) });
    }
    while (requests.length) this.#ask(requests.splice(0, MOST_IN_ONE));
  }

  #ask(requests: Frame[]): void {
    const id = this.#port.newId("subscribe");
    if (!this.#port.send({ type: "subscribe", requests, id })) return;
    this.#asked.set(
      id,
      requests.map((request) => request.request_id),
    );
  }

  #begun(requestId: string, finalSeq: number | null): void {
    for (const stream of this.#of(requestId)) {
      stream.isRepairing = false;
      if (finalSeq === null || stream.seq < finalSeq) continue;
      stream.finish(null);
      this.#drop(requestId, stream);
    }
  }

  #refused(requestId: string, body: Frame): void {
    const streams = this.#streams.get(requestId);
    if (!streams) return;
    if (body.retryable) {
      this.#port.later(againMs(body), () => this.#subscribe([requestId]));
      return;
    }
    this.#streams.delete(requestId);
    for (const stream of streams) stream.fail(errorOf(body as Parameters<typeof errorOf>[0]));
  }

  /** A reader has no room. When none has, the rest stays in the log, and the connection is free for others. */
  #leave(requestId: string): void {
    if (this.#of(requestId).every((stream) => stream.isBehind)) {
      this.#port.send({ type: "unsubscribe", request_id: requestId });
    }
  }

  /** True when nobody is left. */
  #drop(requestId: string, stream: Stream): boolean {
    const streams = this.#streams.get(requestId);
    if (!streams?.delete(stream) || streams.size) return false;
    return this.#streams.delete(requestId);
  }
}

function lowest(streams: Iterable<Stream>): number {
  return Math.min(...[...streams].map((stream) => stream.seq));
}

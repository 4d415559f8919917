/** What is said on a connection: what to send when it opens, and what each message means. No I/O here. */

import { type ConnectionStopped, cancelled, errorOf, StreamerError } from "../errors.ts";
import type { Acknowledgment, Frame } from "../wire.ts";
import { Asks } from "./asks.ts";
import { Follows } from "./follows.ts";
import type { Port } from "./port.ts";
import { shareOf } from "./sizes.ts";
import type { Stream } from "./stream.ts";
import { grouped, Submission, Submits } from "./submits.ts";
import { Topics } from "./topics.ts";

const PUMP_MS = 1000;

export class Conversation {
  readonly follows: Follows;
  readonly topics: Topics;
  readonly #port: Port;
  readonly #submits: Submits;
  readonly #asks = new Asks();
  #isOpen = false;
  #limits: Frame = {};

  constructor(port: Port, mostQueued: number) {
    this.#port = port;
    this.follows = new Follows(port);
    this.topics = new Topics(port);
    this.#submits = new Submits(mostQueued);
  }

  /** Whether something is followed, or waits for an answer. */
  get isBusy(): boolean {
    return !this.follows.isEmpty || !this.topics.isEmpty || !this.#asks.isEmpty || this.#submits.all().length > 0;
  }

  /** The server has said welcome: pick everything up where it was. */
  opened(welcome: Frame): void {
    this.#isOpen = true;
    this.#limits = welcome.limits ?? {};
    this.follows.resume();
    this.topics.resume();
    for (const frame of this.#asks.frames()) this.#port.send(frame);
    this.#sendAll(this.#submits.begin());
  }

  closed(): void {
    this.#isOpen = false;
    this.#asks.fail(lost(), false);
  }

  /** No connection will come any more. */
  stop(error: ConnectionStopped): void {
    this.#isOpen = false;
    this.#asks.fail(error, true);
    for (const submission of this.#submits.all()) {
      this.#submits.remove(submission.frame.id);
      submission.fail(error);
    }
    this.follows.failAll(error);
    this.topics.failAll(error);
  }

  /** Send a request until it is answered. The same id again is the same request. */
  submit(frame: Frame): Submission {
    return this.#submits.get(frame.id) ?? (this.#create([frame], false)[0] as Submission);
  }

  /** Send requests in as few messages as the server takes. */
  submitMany(frames: Frame[]): Submission[] {
    return this.#create(frames, true);
  }

  follow(requestId: string, afterSeq: number): Stream {
    const stream = this.follows.create(afterSeq, () => requestId);
    this.follows.add(requestId, stream, false);
    return stream;
  }

  /** Ask, and wait for the answer. `repeats`: asking twice does no harm. */
  ask(message: Frame, repeats: boolean): Promise<Frame> {
    const frame = { ...message, id: message.id ?? this.#port.newId(message.type) };
    shareOf(frame, this.#limits);
    const answer = this.#asks.add(frame, repeats);
    if (!this.#port.send(frame) && !repeats) this.#asks.refuse(frame.id, lost());
    return answer;
  }

  /** One that never left is cancelled here; one on its way, when the server has acknowledged it. */
  cancel(submission: Submission): void {
    const { frame, requestId, follower } = submission;
    if (follower.isOver || submission.isCancelWanted) return;
    submission.isCancelWanted = true;
    if (requestId) this.cancelRequest(requestId).catch(() => {});
    else if (!submission.wasSent) {
      this.#submits.remove(frame.id);
      submission.fail(cancelled());
    }
  }

  /** Resolves when the server has taken the wish, or the request has ended already. */
  async cancelRequest(requestId: string): Promise<void> {
    try {
      await this.ask({ type: "cancel", request_id: requestId }, true);
    } catch (error) {
      if (!(error instanceof StreamerError && error.details.status)) throw error;
    }
  }

  receive(frame: Frame): void {
    const { type } = frame;
    if (frame.topic !== undefined && type !== "published" && type !== "error") this.topics.receive(frame);
    else if (isOfRequest(frame)) this.follows.receive(frame);
    else if (type === "acknowledgment") this.#acknowledged(frame as Acknowledgment);
    else if (type === "response") this.#responded(frame);
    else if (type === "error") this.#refused(frame);
    else if (type === "subscribed") this.follows.subscribed(frame);
    else this.#asks.answer(frame);
  }

  #acknowledged(message: Acknowledgment): void {
    const submission = this.#submits.remove(message.id);
    if (!submission) return;
    const isFollowed = message.duplicate && this.follows.has(message.request_id);
    submission.acknowledge(message);
    // Attached to what this connection follows already, it would not hear what was said before.
    this.follows.add(message.request_id, submission.follower, !isFollowed);
    if (!submission.isCancelWanted) return;
    submission.isCancelWanted = false;
    this.cancel(submission);
  }

  #responded(message: Frame): void {
    const submission = this.#submits.remove(message.id);
    submission?.acknowledge(null);
    submission?.follower.accept(message);
  }

  #refused(frame: Frame): void {
    if (this.follows.refuse(frame) || this.topics.refuse(frame)) return;
    const error = errorOf(frame.error);
    this.#submits.remove(frame.id)?.fail(error);
    this.#asks.refuse(frame.id, error);
  }

  #create(frames: Frame[], isBatched: boolean): Submission[] {
    const submissions = frames.map((frame) => {
      const stream = this.follows.create(0, () => submission.requestId);
      const submission: Submission = new Submission(frame, stream, isBatched, this.#limits);
      return submission;
    });
    this.#submits.add(submissions, this.#isOpen);
    this.#send(submissions);
    return submissions;
  }

  #send(submissions: Submission[]): void {
    for (const group of grouped(submissions)) {
      const frames = group.map(({ frame }) => frame);
      const message = group[0]?.isBatched ? { type: "requests", requests: frames.map(untyped) } : frames[0];
      if (!this.#port.send(message as Frame)) return;
      for (const submission of group) submission.wasSent = true;
    }
  }

  #sendAll(submissions: Submission[]): void {
    this.#send(submissions);
    if (this.#submits.hasMore) this.#port.later(PUMP_MS, () => this.#sendAll(this.#submits.more()));
  }
}

/** Whether it is told to those who follow the request, and answers nobody. */
function isOfRequest(frame: Frame): boolean {
  if (frame.type === "waiting") return true;
  if (frame.request_id === undefined || frame.seq === undefined) return false;
  return frame.type !== "snapshot" || frame.reason === "trimmed";
}

function untyped({ type: _, ...fields }: Frame): Frame {
  return fields;
}

function lost(): StreamerError {
  return new StreamerError({ code: "CONNECTION_LOST", message: "The connection was lost.", retryable: true });
}

/** HTTP in place of the socket: takes the same messages, and gives the same. */

import { FEED } from "../core/topics.ts";
import type { Frame } from "../wire.ts";
import { Events } from "./events.ts";
import { type Call, type Http, Refused } from "./http.ts";
import type { Open, Receiver, Transport } from "./transport.ts";

const PROBE = "api/requests/?limit=1";

export function overHttp(http: Http): Open {
  return (token, receiver) => new OverHttp(http, token, receiver);
}

class OverHttp implements Transport {
  readonly #http: Http;
  readonly #receiver: Receiver;
  readonly #ended = new AbortController();
  /** What stops each log that is read, by request or topic. */
  readonly #logs = new Map<string, AbortController>();
  #token: string | null;

  constructor(http: Http, token: string | null, receiver: Receiver) {
    this.#http = http;
    this.#token = token;
    this.#receiver = receiver;
    this.#answer({}, this.#call(PROBE), () => ({ type: "welcome", limits: {} }));
  }

  close(): void {
    this.#ended.abort();
    for (const log of this.#logs.values()) log.abort();
  }

  send(frame: Frame): void {
    const { type, id: _id, request_id: requestId, ...fields } = frame;
    const one = pathOf(requestId);
    const known: Record<string, () => void> = {
      request: () => this.#submit(frame),
      requests: () => this.#submitMany(frame),
      regenerate: () => this.#answerAsIs(frame, this.#call(`${one}retry/`, { id: frame.id })),
      subscribe: () => this.#subscribe(frame),
      unsubscribe: () => this.#logs.get(requestId ?? fields.topic)?.abort(),
      cancel: () => this.#answer(frame, this.#call(`${one}cancel/`, {}), snapshot),
      status: () => this.#answer(frame, this.#call(one), snapshot),
      list: () => this.#answer(frame, this.#call(`api/requests/?${new URLSearchParams(fields)}`), typed("requests")),
      extend: () => {
        const path = `api/artifacts/${encodeURIComponent(fields.artifact_id)}/extend/`;
        this.#answer(frame, this.#call(path, { days: fields.days }), typed("extended"));
      },
      publish: () => {
        this.#answer(frame, this.#call(topicPath(fields.topic), { data: fields.data }), typed("published"));
      },
      ping: () => this.#answer({}, this.#call(PROBE), () => ({ type: "pong" })),
      authenticate: () => {
        this.#token = fields.token;
      },
    };
    known[type ?? "request"]?.();
  }

  #submit({ type: _, ...body }: Frame): void {
    this.#answerAsIs(body, this.#call("api/requests/", body));
  }

  #submitMany({ requests }: Frame): void {
    const answers = this.#call("api/requests/batch/", { requests });
    this.#settle(
      answers.then(({ responses }) => responses.forEach((message: Frame) => this.#acknowledged(message))),
      (error) => requests.forEach(({ id }: Frame) => this.#receive({ type: "error", id, error })),
    );
  }

  /** The body is the message itself. Whoever submits a request follows it. */
  #answerAsIs({ id }: Frame, body: Promise<Frame>): void {
    this.#settle(
      body.then((message) => this.#acknowledged({ ...message, id })),
      (error) => this.#receive({ type: "error", id, error }),
    );
  }

  #answer({ id, request_id }: Frame, body: Promise<Frame>, message: (body: Frame) => Frame): void {
    this.#settle(
      body.then((answer) => this.#receive({ ...message(answer), id })),
      (error) => this.#receive({ type: "error", id, request_id, error }),
    );
  }

  #acknowledged(message: Frame): void {
    this.#receive(message);
    if (message.type === "acknowledgment") this.#read(message.request_id, 0, undefined);
  }

  #subscribe({ requests, id, ...fields }: Frame): void {
    if (fields.topic) this.#readTopic(id, fields);
    else for (const { request_id, after_seq } of requests) this.#read(request_id, after_seq ?? 0, id);
  }

  #read(requestId: string, afterSeq: number, id: string | undefined): void {
    const subscribed = (fields: Frame): void => {
      if (id) this.#receive({ type: "subscribed", id, requests: [{ request_id: requestId, ...fields }] });
    };
    const log = this.#begin(requestId);
    const events = new Events({
      ...this.#source(log.signal),
      path: `${pathOf(requestId)}events/`,
      parameter: "after_seq",
      position: String(afterSeq),
      began: (isOver) => subscribed(isOver ? { status: "completed", last_seq: afterSeq } : {}),
    });
    this.#settle(events.run(), (error) => subscribed({ error }));
  }

  #readTopic(id: string, { topic, cursor, after_seq }: Frame): void {
    const log =
      topic === FEED
        ? { path: "api/feed/", parameter: "cursor" as const, position: cursor ?? null }
        : { path: topicPath(topic), parameter: "after_seq" as const, position: after_seq?.toString() ?? null };
    const events = new Events({ ...this.#source(this.#begin(topic).signal), ...log, topic, began: () => {} });
    this.#settle(events.run(), (error) => this.#receive({ type: "error", id, error }));
  }

  #begin(name: string): AbortController {
    this.#logs.get(name)?.abort();
    const log = new AbortController();
    this.#logs.set(name, log);
    return log;
  }

  #source(
    signal: AbortSignal,
  ): Pick<ConstructorParameters<typeof Events>[0], "http" | "token" | "signal" | "emit" | "left" | "polls"> {
    return {
      http: this.#http,
      token: () => this.#token,
      signal,
      emit: (frame) => !signal.aborted && this.#receive(frame),
      polls: () => this.#receiver.polls(),
      left: (goodbye) => {
        this.#receive(goodbye);
        this.#close(goodbye.code);
      },
    };
  }

  /** What the network swallowed ends the whole: what was not answered is sent again on the next. */
  #settle(work: Promise<unknown>, refuse: (error: Frame) => void): void {
    work.catch((error) => {
      if (this.#ended.signal.aborted) return;
      if (!(error instanceof Refused) || error.status === 0) return this.#close(1006);
      if (error.status !== 401) return refuse(error.body);
      this.#receive({ type: "error", error: error.body });
      this.#close(4500);
    });
  }

  #call(path: string, body?: Frame): Promise<Frame> {
    const call: Call = { token: this.#token, signal: this.#ended.signal };
    return this.#http.json(path, body ? { ...call, method: "POST", body } : call);
  }

  #receive(frame: Frame): void {
    if (!this.#ended.signal.aborted) this.#receiver.frame(frame);
  }

  #close(code: number): void {
    if (this.#ended.signal.aborted) return;
    this.close();
    this.#receiver.closed(code);
  }
}

function pathOf(requestId: string): string {
  return `api/requests/${encodeURIComponent(requestId)}/`;
}

function topicPath(topic: string): string {
  return `api/topics/${encodeURIComponent(topic)}/`;
}

function snapshot(body: Frame): Frame {
  return { ...body, type: "snapshot", reason: "status" };
}

function typed(type: string): (body: Frame) => Frame {
  return (body) => ({ ...body, type });
}

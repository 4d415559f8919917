/** The client: requests, topics and files over one connection that comes back by itself. */

import type { ActionName, PayloadOf, ResultOf } from "./actions.ts";
import { Connection, type State, type TransportName } from "./connection/connection.ts";
import { endpointsOf } from "./connection/endpoints.ts";
import { Receipts } from "./connection/receipts.ts";
import { Tokens } from "./connection/token.ts";
import { watchWaking } from "./connection/wake.ts";
import { Conversation } from "./core/conversation.ts";
import type { Port } from "./core/port.ts";
import { FEED } from "./core/topics.ts";
import { ConnectionStopped } from "./errors.ts";
import { Handle } from "./handle.ts";
import { newId } from "./ids.ts";
import type { ClientOptions, ListFilters, RunOptions, SubmitOptions } from "./options.ts";
import { defined, requestFrame } from "./options.ts";
import { TopicFollower } from "./topic.ts";
import type { UploadOptions } from "./transport/files.ts";
import { LazyHttp } from "./transport/lazy_http.ts";
import { loaded } from "./transport/transport.ts";
import { type SocketClass, webSocket } from "./transport/websocket.ts";
import type { Artifact, Frame, Snapshot } from "./wire.ts";

/**
 * Events: `state` when `state`, `reason` or `retryAt` have changed; `frame` with `{direction, frame}` for each message
 * on the wire; `notice` with the data of a message from the service or an operator.
 *
 * It connects with the first call that needs it, and comes back as long as something is followed or waits. After
 * `start` it is kept up until `close`.
 */
export class Client extends EventTarget {
  readonly #http: LazyHttp;
  readonly #tokens: Tokens;
  readonly #connection: Connection;
  readonly #conversation: Conversation;
  readonly #receipts = new Receipts((frame) => this.#connection.send(frame));
  #unwatch: (() => void) | null = null;
  #stopped: ConnectionStopped | null = null;
  #isKept = false;
  #turn = 0;

  /** `url`: of the service or of its socket, such as `wss://example.org/ws/`; in a page also relative to it. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    super();
    const endpoints = endpointsOf(url);
    this.#tokens = new Tokens(options.tokenProvider ?? options.token);
    this.#http = new LazyHttp(endpoints.http, options.fetch, this.#tokens);
    const Socket = options.WebSocket === undefined ? globalThis.WebSocket : options.WebSocket;
    const own = Socket && webSocket(endpoints.socket, Socket as SocketClass);
    const socket = (own && options.share?.(own)) ?? own ?? null;
    this.#conversation = new Conversation(this.#port(), options.maxQueued ?? 1000);
    this.#connection = new Connection(
      this.#owner(),
      this.#tokens,
      { socket, http: loaded(() => this.#http.transport()) },
      options.random ?? Math.random,
    );
  }

  get state(): State {
    return this.#connection.state;
  }

  /** When it tries again, in milliseconds since 1970; null unless `state` is `waiting`. */
  get retryAt(): number | null {
    return this.#connection.retryAt;
  }

  /** Why it waits or has stopped; else empty. */
  get reason(): string {
    return this.#connection.reason;
  }

  /** The close code of the last connection that ended, 1006 when it was lost; null before. */
  get closeCode(): number | null {
    return this.#connection.closeCode;
  }

  /** What messages go over; null without a connection. A change of it is a `state` event too. */
  get transport(): TransportName | null {
    return this.state === "open" ? this.#connection.transport : null;
  }

  /** Why nothing comes back any more: set while `stopped`, and after `close`. */
  get stopped(): ConnectionStopped | null {
    return this.#stopped;
  }

  /** The limits that the server named in its welcome. */
  get limits(): Frame {
    return this.#connection.limits;
  }

  /** Connect now: for the first time, at once instead of at `retryAt`, or again after `stopped` or `close`. */
  start(): void {
    this.#isKept = true;
    this.#stopped = null;
    this.#connect();
  }

  /** Close the connection. What still waits fails with ConnectionStopped; the requests themselves run on. */
  close(): void {
    this.#connection.stop();
    this.#end(new ConnectionStopped(1000, "The client was closed."));
  }

  /** Submit a request and wait for its result. Throws StreamerError; see `Handle.result`. */
  async run<Name extends ActionName>(
    action: Name,
    payload?: PayloadOf<Name>,
    options: RunOptions = {},
  ): Promise<ResultOf<Name>> {
    const handle = this.submit(action, payload, options);
    handle.listen((event) => {
      options.onEvent?.(event);
      if (event.type === "progress") options.onProgress?.(event);
    });
    return await handle.result();
  }

  /** Submit a request. Without a connection it waits for the next; its id keeps it from running twice. */
  submit<Name extends ActionName>(
    action: Name,
    payload?: PayloadOf<Name>,
    options: SubmitOptions = {},
  ): Handle<ResultOf<Name>> {
    options.signal?.throwIfAborted();
    return this.#submit(requestFrame(action, payload as Frame | undefined, options), options.signal);
  }

  /** Submit requests together: they are stored in one commit, and each goes on by itself. */
  submitMany(requests: ({ action: ActionName; payload?: Frame } & Omit<SubmitOptions, "signal">)[]): Handle[] {
    this.#use();
    const frames = requests.map(({ action, payload, ...options }) => requestFrame(action, payload, options));
    return this.#conversation.submitMany(frames).map((submission) => new Handle(this.#conversation, submission));
  }

  /** Run a finished request again, as a new one. */
  regenerate(requestId: string, options: { id?: string; signal?: AbortSignal } = {}): Handle {
    return this.#submit({ type: "regenerate", request_id: requestId, id: options.id ?? newId() }, options.signal);
  }

  /** Follow a request from the number after `afterSeq` on. An aborted `signal` ends the following, not the request. */
  follow(requestId: string, options: { afterSeq?: number; signal?: AbortSignal } = {}): Handle {
    this.#use();
    const follower = this.#conversation.follow(requestId, options.afterSeq ?? 0);
    const handle = new Handle(this.#conversation, { requestId, follower });
    options.signal?.addEventListener("abort", () => handle.close());
    return handle;
  }

  /** Ask for a request to be stopped. Throws NotFound. */
  cancel(requestId: string): Promise<void> {
    this.#use();
    return this.#conversation.cancelRequest(requestId);
  }

  status(requestId: string): Promise<Snapshot> {
    return this.ask({ type: "status", request_id: requestId }) as Promise<Snapshot>;
  }

  /** All requests that fit, newest first. `limit`: of one page. */
  async *list(filters: ListFilters = {}): AsyncGenerator<Snapshot> {
    let cursor = filters.cursor ?? null;
    do {
      const page = await this.listPage({ ...filters, cursor });
      yield* page.requests;
      cursor = page.nextCursor;
    } while (cursor);
  }

  async listPage(filters: ListFilters = {}): Promise<{ requests: Snapshot[]; nextCursor: string | null }> {
    const { createdAfter, createdBefore, ...rest } = filters;
    const page = await this.ask({ type: "list", ...rest, created_after: createdAfter, created_before: createdBefore });
    return { requests: page.requests, nextCursor: page.next_cursor ?? null };
  }

  /** Keep a file for `days` from now on; returns its new description. */
  extend(artifactId: string, days: number): Promise<Frame> {
    return this.ask({ type: "extend", artifact_id: artifactId, days });
  }

  /** Upload a table as a dataset; returns its description. `onProgress` gets fractions from 0 to 1. */
  upload(file: Blob, options: UploadOptions = {}): Promise<Frame> {
    return this.#http.call(({ upload }, http, token) => upload(http, token, file, options));
  }

  /** Fetch a file; see `Response` for the ways to read it. */
  download(artifact: Artifact | string, options: { signal?: AbortSignal } = {}): Promise<globalThis.Response> {
    return this.#http.call(({ download }, http, token) => download(http, token, artifact, options.signal));
  }

  /** The address of a file, signed, for a link: it works without a token until the file expires. */
  artifactUrl(artifact: Artifact): string {
    return new URL(artifact.url, this.#http.base).href;
  }

  /** The news of all requests of the user, from `cursor` on. */
  feed(options: { cursor?: string | null } = {}): TopicFollower {
    return this.#follow(FEED, options);
  }

  /** The messages of a topic, after the number `afterSeq`, or from now on. */
  topic(name: string, options: { afterSeq?: number } = {}): TopicFollower {
    return this.#follow(name, options);
  }

  /** Send to all who follow a topic. Throws when the connection is lost before the answer: it may have been sent. */
  publish(topic: string, data: unknown): Promise<Frame> {
    return this.ask({ type: "publish", topic, data }, { repeats: false });
  }

  /** The number that each followed request has come to, to go on from there: see `streamer-client/session`. */
  cursors(): [requestId: string, seq: number][] {
    return this.#conversation.follows.cursors();
  }

  /** Send any message and wait for what answers its id. `repeats`: send it again if the connection is lost. */
  async ask(message: Frame, options: { repeats?: boolean } = {}): Promise<Frame> {
    this.#use();
    return await this.#conversation.ask(defined(message), options.repeats ?? true);
  }

  /** Send a message as it is; false without a connection. */
  send(message: Frame): boolean {
    return this.#connection.send(message);
  }

  #submit<Result>(frame: Frame, signal: AbortSignal | undefined): Handle<Result> {
    this.#use();
    const submission = this.#conversation.submit(frame);
    signal?.addEventListener("abort", () => this.#conversation.cancel(submission));
    return new Handle<Result>(this.#conversation, submission);
  }

  #follow(name: string, position: { cursor?: string | null; afterSeq?: number }): TopicFollower {
    this.#use();
    return new TopicFollower(this.#conversation.topics, this.#conversation.topics.follow(name, position));
  }

  #use(): void {
    if (this.#stopped) throw this.#stopped;
    if (this.state === "idle") this.#connect();
  }

  #connect(): void {
    this.#unwatch ??= watchWaking(() => this.#connection.wake());
    this.#connection.start();
  }

  #end(error: ConnectionStopped): void {
    this.#turn += 1;
    this.#isKept = false;
    this.#stopped = error;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#conversation.stop(error);
  }

  #owner(): ConstructorParameters<typeof Connection>[0] {
    return {
      opened: (welcome) => {
        this.#turn += 1;
        this.#receipts.reset();
        this.#conversation.opened(welcome);
      },
      received: (frame) => {
        if (frame.type === "message" && frame.topic === undefined) this.#tell("notice", frame.data);
        this.#conversation.receive(frame);
      },
      closed: () => this.#conversation.closed(),
      halted: (error) => this.#end(error),
      needed: () => this.#isKept || this.#conversation.isBusy,
      changed: () => this.dispatchEvent(new Event("state")),
      passed: (direction, frame) => this.#tell("frame", { direction, frame }),
    };
  }

  #port(): Port {
    return {
      send: (frame) => this.#connection.send(frame),
      took: (...message) => this.#receipts.took(...message),
      later: (ms, work) => {
        const turn = this.#turn;
        setTimeout(() => turn === this.#turn && work(), ms);
      },
      soon: (work) => queueMicrotask(work),
      newId: (purpose) => `${purpose}.${newId()}`,
    };
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The events of one log over HTTP: a stream, and where streams do not get through, one long question after another. */

import { pauseMs } from "../core/reconnect.ts";
import { type Frame, isFinal } from "../wire.ts";
import { type Http, Refused } from "./http.ts";
import { readEvents, type ServerEvent } from "./sse.ts";

const SILENT_MS = 40_000;
const MOST_EMPTY_STREAMS = 3;
const WAIT_SECONDS = 25;
/** A browser opens six connections to a host; some are left for everything else. Beyond, logs are asked in turns. */
const MOST_HELD = 4;
const TURN_MS = 3000;

export interface EventsOptions {
  http: Http;
  /** `api/requests/<id>/events/`, `api/feed/` or `api/topics/<topic>/`. */
  path: string;
  /** Undefined for a request. */
  topic?: string;
  /** The parameter that says where to go on, and its first value. */
  parameter: "after_seq" | "cursor";
  position: string | null;
  token: () => string | null;
  signal: AbortSignal;
  /** It can be read: `isOver` when nothing follows any more. */
  began(isOver: boolean): void;
  emit(frame: Frame): void;
  /** Streams do not get through. */
  polls(): void;
  /** The server takes leave of this client; nothing more comes. */
  left(goodbye: Frame): void;
}

let held = 0;

export class Events {
  readonly #options: EventsOptions;
  #position: string | null;
  #polls = false;
  #emptyStreams = 0;
  #failures = 0;
  #hasBegun = false;
  #hasTold = false;
  #isOver = false;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#position = options.position;
  }

  /** Read until the end. Throws Refused for what is no failure of the network. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!this.#isOver && !signal.aborted) {
      try {
        await this.#once();
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refused && error.status !== 0 && !error.body.retryable) throw error;
        const asked = error instanceof Refused ? (error.body.retry_after ?? 0) * 1000 : 0;
        await pause(Math.max(asked, pauseMs(this.#failures++, Math.random())), signal);
      }
    }
  }

  async #once(): Promise<void> {
    if (held >= MOST_HELD) {
      // A topic may keep nothing: what comes in this second is all that there is.
      await this.#poll(this.#options.topic ? 1 : 0);
      return pause(TURN_MS, this.#options.signal);
    }
    held += 1;
    try {
      await (this.#polls ? this.#poll(WAIT_SECONDS) : this.#stream());
    } finally {
      held -= 1;
    }
  }

  async #stream(): Promise<void> {
    let isEmpty = true;
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
    };
    const { signal } = this.#options;
    const stop = (): void => silence.abort();
    signal.addEventListener("abort", stop);
    alive();
    try {
      const response = await this.#ask("text/event-stream", silence.signal, 0);
      if (response.status === 204) return this.#over();
      this.#begin(false);
      const take = (event: ServerEvent): boolean => {
        isEmpty = false;
        return this.#take(event);
      };
      await readEvents(response.body as ReadableStream<Uint8Array>, take, alive);
    } catch (error) {
      if (!silence.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    if (silence.signal.aborted) this.#giveUpStreams();
    await this.#ended(isEmpty);
  }

  /** A stream that ends without a word may be cut by something between. */
  async #ended(isEmpty: boolean): Promise<void> {
    if (this.#isOver || this.#options.signal.aborted) return;
    this.#emptyStreams = isEmpty ? this.#emptyStreams + 1 : 0;
    if (this.#emptyStreams >= MOST_EMPTY_STREAMS) this.#giveUpStreams();
    await pause(pauseMs(this.#emptyStreams, Math.random()), this.#options.signal);
  }

  #giveUpStreams(): void {
    if (!this.#options.signal.aborted) this.#options.polls();
    this.#polls = true;
  }

  #take({ id, event, data }: ServerEvent): boolean {
    const frame: Frame = JSON.parse(data);
    if (event === "goodbye") {
      this.#isOver = true;
      this.#options.left(frame);
      return false;
    }
    this.#position = id ?? this.#position;
    this.#emit(frame);
    if (isFinal(frame)) this.#isOver = true;
    return !this.#isOver;
  }

  #emit(frame: Frame): void {
    this.#hasTold = true;
    this.#options.emit(frame);
  }

  async #poll(waitSeconds: number): Promise<void> {
    const response = await this.#ask("application/json", this.#options.signal, waitSeconds);
    const body: Frame = await response.json();
    this.#begin(false);
    const frames: Frame[] = body.events ?? body.messages;
    if (body.messages && (!this.#hasTold || body.truncated)) this.#emit(this.#begunTopic(body));
    for (const frame of frames) {
      const id = (frame.seq ?? frame.cursor)?.toString() ?? null;
      this.#take({ id, event: "message", data: JSON.stringify(frame) });
    }
    this.#position = (body.cursor ?? this.#position ?? body.last_seq)?.toString() ?? null;
    if (!frames.length && body.events && !this.#isOver) await this.#lookForTheEnd();
  }

  /** A stream tells first where it begins; here the answer itself does. */
  #begunTopic({ messages: [first], last_seq, cursor, truncated }: Frame): Frame {
    const begunAt = this.#position === null && first?.seq ? first.seq - 1 : last_seq;
    return { type: "subscribed", topic: this.#options.topic, cursor, truncated, last_seq: begunAt };
  }

  /** Nothing has come: of a request that has ended, nothing will. */
  async #lookForTheEnd(): Promise<void> {
    const { http, path, token, signal } = this.#options;
    const state = await http.json(path.replace(/events\/$/, ""), { token: token(), signal });
    if (isFinal({ ...state, type: "snapshot" }) && state.seq <= Number(this.#position)) this.#over();
  }

  #ask(accept: string, signal: AbortSignal, waitSeconds: number): Promise<Response> {
    const { http, path, parameter, token } = this.#options;
    const query = new URLSearchParams();
    if (this.#position !== null) query.set(parameter, this.#position);
    if (waitSeconds) query.set("wait", String(waitSeconds));
    return http.send(`${path}?${query}`, { token: token(), accept, signal });
  }

  #over(): void {
    this.#isOver = true;
    this.#begin(true);
  }

  #begin(isOver: boolean): void {
    if (!this.#hasBegun || isOver) this.#options.began(isOver);
    this.#hasBegun = true;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

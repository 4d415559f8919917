/** The events of one log over HTTP: a stream, and where streams do not get through, one long question after another. */

import { pauseMs } from "../core/reconnect.ts";
import { type Frame, isFinal } from "../wire.ts";
import { type Http, Refused } from "./http.ts";
import { readEvents } from "./sse.ts";

const SILENT_MS = 40_000;
const MOST_EMPTY_STREAMS = 3;
const WAIT_SECONDS = 25;
/** A browser opens six connections to a host; some are left for everything else. Beyond, logs are asked in turns. */
const MOST_HELD = 4;
const TURN_MS = 3000;

export interface EventsOptions {
  http: Http;
  /** `api/requests/<id>/events/` or `api/feed/`. */
  path: string;
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
      await this.#poll(0);
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
    const before = this.#position;
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
      await readEvents(response.body as ReadableStream<Uint8Array>, (event) => this.#take(event), alive);
    } catch (error) {
      if (!silence.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    if (silence.signal.aborted) this.#giveUpStreams();
    await this.#ended(before);
  }

  /** A stream that ends without a word may be cut by something between. */
  async #ended(before: string | null): Promise<void> {
    if (this.#isOver || this.#options.signal.aborted) return;
    this.#emptyStreams = this.#position === before ? this.#emptyStreams + 1 : 0;
    if (this.#emptyStreams >= MOST_EMPTY_STREAMS) this.#giveUpStreams();
    await pause(pauseMs(this.#emptyStreams, Math.random()), this.#options.signal);
  }

  #giveUpStreams(): void {
    if (!this.#options.signal.aborted) this.#options.polls();
    this.#polls = true;
  }

  #take({ id, event, data }: { id: string | null; event: string; data: string }): boolean {
    const frame: Frame = JSON.parse(data);
    if (event === "goodbye") {
      this.#isOver = true;
      this.#options.left(frame);
      return false;
    }
    this.#position = id ?? this.#position;
    this.#options.emit(frame);
    if (isFinal(frame)) this.#isOver = true;
    return !this.#isOver;
  }

  async #poll(waitSeconds: number): Promise<void> {
    const response = await this.#ask("application/json", this.#options.signal, waitSeconds);
    const body: Frame = await response.json();
    const isFirst = this.#position === null;
    this.#begin(false);
    const frames: Frame[] = body.events ?? body.messages;
    if (body.messages && (isFirst || body.truncated)) this.#options.emit(begunFeed(body));
    for (const frame of frames) {
      this.#take({ id: String(frame.seq ?? frame.cursor), event: "message", data: JSON.stringify(frame) });
    }
    this.#position = body.cursor ?? this.#position;
    if (!frames.length && this.#options.parameter === "after_seq" && !this.#isOver) await this.#lookForTheEnd();
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

/** A stream tells first where it begins; here the answer itself does. */
function begunFeed({ cursor, truncated }: Frame): Frame {
  return { type: "subscribed", topic: "requests", cursor, truncated };
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

/** One connection that is kept up: it comes back by itself, with growing pauses, unless the server says not to. */

import { Heartbeat } from "../core/heartbeat.ts";
import { endOf, pauseMs } from "../core/reconnect.ts";
import { ConnectionStopped } from "../errors.ts";
import type { Open, Transport } from "../transport/transport.ts";
import type { Frame } from "../wire.ts";
import type { Tokens } from "./token.ts";

const WELCOME_MS = 15_000;
const SOCKET_AGAIN_MS = 300_000;
const MOST_SOCKET_FAILURES = 2;
const FRESH_MS = 10_000;

/**
 * `idle` → `connecting` → `open` → `waiting` (it comes back at `retryAt`) → `connecting` …, or `stopped`: the server
 * said not to come back, or nobody is signed in.
 */
export type State = "idle" | "connecting" | "open" | "waiting" | "stopped";

/** `poll` as soon as streams do not get through either. */
export type TransportName = "websocket" | "sse" | "poll";

/** What a connection is for. */
export interface Owner {
  opened(welcome: Frame): void;
  received(frame: Frame): void;
  closed(): void;
  halted(error: ConnectionStopped): void;
  /** The state has changed. */
  changed(): void;
  /** Whether somebody waits for a connection. */
  needed(): boolean;
  /** A message goes over the wire. */
  passed(direction: "in" | "out", frame: Frame): void;
}

/** `socket` is null where there is no WebSocket. */
export interface Ways {
  socket: Open | null;
  http: Open;
}

export class Connection {
  state: State = "idle";
  /** Milliseconds since 1970; null unless `waiting`. */
  retryAt: number | null = null;
  /** Why it waits, has stopped or is idle again, as a sentence. */
  reason = "";
  /** The close code of the last connection that ended; 1006 when it was lost. */
  closeCode: number | null = null;
  limits: Frame = {};
  transport: TransportName = "websocket";
  readonly #owner: Owner;
  readonly #tokens: Tokens;
  readonly #ways: Ways;
  readonly #random: () => number;
  readonly #heartbeat = new Heartbeat();
  #transport: Transport | null = null;
  #token: string | null = null;
  #turn = 0;
  #failures = 0;
  #socketFailures = 0;
  /** False: the server asked for the pause. */
  #mayHurry = true;
  #mustRenew = false;
  #hasRenewed = false;
  #goodbye: Frame | null = null;
  #hasHeard = false;
  /** What the server says about a token that it does not take. */
  #refusal: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewedAt = 0;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #socketTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: Owner, tokens: Tokens, ways: Ways, random: () => number) {
    this.#owner = owner;
    this.#tokens = tokens;
    this.#ways = ways;
    this.#random = random;
  }

  /** Connect now, unless connected or about to be. */
  start(): void {
    if (this.state !== "connecting" && this.state !== "open") this.#connect();
  }

  /** Close for good, until `start`. */
  stop(): void {
    this.#drop();
    this.#failures = 0;
    this.#enter("idle");
  }

  /** False when there is no connection that is ready. */
  send(frame: Frame): boolean {
    if (this.state !== "open") return false;
    this.#owner.passed("out", frame);
    this.#transport?.send(frame);
    return true;
  }

  /** The machine woke up, or the network may be another one: see at once whether the connection lives. */
  wake(): void {
    if (this.state === "waiting" && this.#mayHurry && globalThis.navigator?.onLine !== false) this.#connect();
    if (this.state !== "open") return;
    this.#renew(false);
    this.send({ type: "ping" });
    this.#heartbeat.doubt(Date.now());
    this.#beat();
  }

  async #connect(): Promise<void> {
    this.#drop();
    const turn = this.#turn;
    this.#enter("connecting");
    try {
      const token = await this.#tokens.get(this.#mustRenew);
      if (turn !== this.#turn) return;
      if (!token && !this.#tokens.isCookie) this.#halt(4500, "Nobody is signed in.");
      else this.#open(token);
    } catch (error) {
      if (turn === this.#turn) this.#wait((error as Error).message, null);
    }
  }

  #open(token: string | null): void {
    this.#hasRenewed = this.#mustRenew;
    this.#mustRenew = false;
    this.#token = token;
    // HTTP after two sockets that came to nothing.
    const socket = this.#socketFailures < MOST_SOCKET_FAILURES ? this.#ways.socket : null;
    this.transport = socket ? "websocket" : "sse";
    const turn = this.#turn;
    this.#transport = (socket ?? this.#ways.http)(token, {
      frame: (frame) => turn === this.#turn && this.#receive(frame),
      closed: (code) => turn === this.#turn && this.#closed(code),
      polls: () => {
        this.transport = "poll";
        this.#owner.changed();
      },
    });
    this.#timer = setTimeout(() => this.#closed(1006), WELCOME_MS);
  }

  #receive(frame: Frame): void {
    this.#hasHeard = true;
    this.#heartbeat.heard(Date.now());
    this.#owner.passed("in", frame);
    if (frame.type === "goodbye") this.#goodbye = frame;
    if (frame.type === "welcome") this.#welcomed(frame);
    if (frame.type === "token_expiring") this.#expires(frame.expires_in);
    if (frame.type === "error" && frame.error?.code === "UNAUTHORIZED") {
      this.#refusal = frame.error.message;
      if (frame.error.details?.reason === "token_expired") this.#mustRenew = true;
    }
    this.#owner.received(frame);
  }

  #welcomed(welcome: Frame): void {
    this.#failures = 0;
    this.#hasRenewed = false;
    this.limits = welcome.limits ?? {};
    this.#heartbeat.begin(Date.now(), welcome.heartbeat_seconds);
    if (this.transport === "websocket") this.#socketFailures = 0;
    else if (this.#ways.socket) this.#planSocket(this.#turn);
    this.#beat();
    this.#enter("open");
    this.#owner.opened(welcome);
  }

  /** HTTP works, and a socket is better: try one after a while, unless the connection is another one by then. */
  #planSocket(turn: number): void {
    if (turn === this.#turn) this.#socketTimer = setTimeout(() => this.#trySocket(turn), SOCKET_AGAIN_MS);
  }

  /** Change over as soon as a socket says welcome. */
  async #trySocket(turn: number): Promise<void> {
    const again = (): void => this.#planSocket(turn);
    try {
      const token = await this.#tokens.get();
      if (turn !== this.#turn) return;
      const tried = this.#ways.socket?.(token, {
        closed: again,
        polls: again,
        frame: (frame) => {
          if (frame.type !== "welcome") return;
          tried?.close();
          if (turn !== this.#turn) return;
          this.#socketFailures = 0;
          this.#owner.closed();
          this.#connect();
        },
      });
    } catch {
      again();
    }
  }

  /** A dead network closes nothing by itself. */
  #beat(): void {
    clearTimeout(this.#timer);
    const { act, nextMs } = this.#heartbeat.look(Date.now());
    if (act === "ping") this.send({ type: "ping" });
    if (act === "lost") this.#closed(1006);
    else this.#timer = setTimeout(() => this.#beat(), nextMs);
  }

  /** Where tokens live shortly, the next warning comes with the answer to a fresh one: then half of its time is waited. */
  #expires(seconds: number): void {
    const isFresh = Date.now() - this.#renewedAt < FRESH_MS;
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(() => this.#renew(true), isFresh ? seconds * 500 : 0);
  }

  async #renew(force: boolean): Promise<void> {
    const turn = this.#turn;
    const token = await this.#tokens.get(force).catch(() => null);
    if (!token || token === this.#token || turn !== this.#turn) return;
    this.#token = token;
    this.#renewedAt = Date.now();
    this.send({ type: "authenticate", token });
  }

  #closed(code: number): void {
    const end = endOf(code, this.#goodbye, this.state === "open");
    if (this.transport === "websocket") this.#socketFailures = this.#hasHeard ? 0 : this.#socketFailures + 1;
    else if (!this.#hasHeard && this.#ways.socket) {
      // HTTP comes to nothing either, so that this try was about to be one of the socket.
      this.#socketFailures = MOST_SOCKET_FAILURES - 1;
      this.#connect();
      return;
    }
    if (end.tokenExpired) this.#mustRenew = true;
    // A token that had expired is no bad one, if another can be had.
    const mayRenew = this.#mustRenew && !this.#hasRenewed && this.#tokens.canRenew && end.code === 4500;
    this.closeCode = end.code;
    if (end.stops && !mayRenew) this.#halt(end.code, this.#refusal ?? end.reason);
    else this.#wait(end.reason, mayRenew ? 0 : end.afterMs);
  }

  #halt(code: number, reason: string): void {
    this.#drop();
    this.closeCode = code;
    this.#owner.halted(new ConnectionStopped(code, reason));
    this.#enter("stopped", reason);
  }

  #wait(reason: string, afterMs: number | null): void {
    const wasOpen = this.state === "open";
    this.#drop();
    if (wasOpen) this.#owner.closed();
    if (this.#owner.needed()) {
      this.#mayHurry = afterMs === null;
      const pause = afterMs ?? pauseMs(this.#failures, this.#random());
      this.#failures += 1;
      this.retryAt = Date.now() + pause;
      this.#timer = setTimeout(() => this.#connect(), pause);
      this.#enter("waiting", reason);
    } else this.#enter("idle", reason);
  }

  /** Let go of the transport and of every timer; whatever still arrives from them is not heard. */
  #drop(): void {
    this.#turn += 1;
    this.#goodbye = this.#refusal = null;
    this.#hasHeard = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#socketTimer);
    clearTimeout(this.#renewTimer);
    this.#transport?.close();
    this.#transport = null;
  }

  #enter(state: State, reason = ""): void {
    this.state = state;
    this.reason = reason;
    if (state !== "waiting") this.retryAt = null;
    this.#owner.changed();
  }
}

/** One WebSocket kept open: it comes back by itself, with growing pauses, unless the server says not to. */

import { SignedOut } from "../session/session.js";
import { closed, pauseAfter } from "./reconnect.js";

const WELCOME_TIMEOUT_MS = 15000;
const DEFAULT_HEARTBEAT_SECONDS = 20;

/**
 * States: `idle` → `connecting` → `open` → `waiting` (comes back at `retryAt`, ms since 1970) → `connecting` …, or
 * `stopped` (the server said not to come back).
 *
 * Events: `state` at every change; `message` with the parsed message as `detail`.
 */
export class StreamSocket extends EventTarget {
  state = "idle";
  retryAt = null;
  reason = "";
  /** What the server said it takes, in its welcome. */
  limits = {};
  #url;
  #session;
  #ws = null;
  #turn = 0;
  #failures = 0;
  #goodbye = null;
  #timer = null;
  #heartbeat = null;
  #heardAt = 0;

  constructor(url, session) {
    super();
    this.#url = url;
    this.#session = session;
  }

  /** Connect, unless connected or about to be. */
  start() {
    if (this.state === "idle" || this.state === "stopped" || this.state === "waiting") this.#connect();
  }

  /** Close for good. */
  stop() {
    this.#drop();
    this.#failures = 0;
    this.#enter("idle");
  }

  /** Send a message; false when there is no open connection to send it on. */
  send(message) {
    if (this.state !== "open") return false;
    this.#ws.send(JSON.stringify(message));
    return true;
  }

  async #connect() {
    this.#drop();
    const turn = this.#turn;
    this.#enter("connecting");
    try {
      const token = await this.#session.fresh();
      if (turn === this.#turn) this.#open(token);
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof SignedOut) this.stop();
      else this.#wait(error.message);
    }
  }

  #open(token) {
    const ws = new WebSocket(this.#url, ["streamer.v1", `bearer.${token}`]);
    this.#ws = ws;
    ws.onmessage = (event) => this.#receive(event.data);
    ws.onclose = (event) => this.#closed(event.code);
    this.#timer = setTimeout(() => this.#lost("The server did not answer."), WELCOME_TIMEOUT_MS);
  }

  #receive(text) {
    this.#heardAt = performance.now();
    const message = JSON.parse(text);
    if (message.type === "goodbye") this.#goodbye = message;
    if (message.type === "welcome") this.#welcomed(message);
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #welcomed(message) {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.limits = message.limits ?? {};
    this.#beat((message.heartbeat_seconds || DEFAULT_HEARTBEAT_SECONDS) * 1000);
    this.#enter("open");
  }

  /** A dead network closes nothing by itself: ask, and take two silent intervals for an end. */
  #beat(intervalMs) {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#heardAt > 2 * intervalMs) this.#lost("The connection fell silent.");
      else this.send({ type: "ping" });
    }, intervalMs);
  }

  #closed(closeCode) {
    const end = closed(closeCode, { goodbye: this.#goodbye, wasOpen: this.state === "open" });
    if (end.tokenExpired) this.#session.distrust();
    if (end.comesBack) return this.#wait(end.reason, end.pauseMs);
    this.#drop();
    this.#enter("stopped", end.reason);
    if (end.tokenRefused) this.#session.end(`${end.reason} Sign in to go on.`);
  }

  #lost(reason) {
    this.#wait(reason);
  }

  #wait(reason, pauseMs) {
    this.#drop();
    const pause = pauseAfter(this.#failures, { askedMs: pauseMs });
    this.#failures += 1;
    this.retryAt = Date.now() + pause;
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#enter("waiting", reason);
  }

  /** Let go of the connection and of every timer; whatever still arrives from them is not heard. */
  #drop() {
    this.#turn += 1;
    this.#goodbye = null;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    if (!this.#ws) return;
    this.#ws.onmessage = this.#ws.onclose = null;
    this.#ws.close();
    this.#ws = null;
  }

  #enter(state, reason = "") {
    this.state = state;
    this.reason = reason;
    if (state !== "waiting") this.retryAt = null;
    this.dispatchEvent(new Event("state"));
  }
}

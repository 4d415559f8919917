/** The conversation with the server: sends requests, follows what is live, picks up again after a lost connection. */

import { learn } from "../ground/clock.js";
import { count } from "../ground/format.js";
import { LIVE } from "../requests/record.js";
import { FEED, FEED_ID } from "./feed.js";

const MOST_FOLLOWED = 128;
const FOLLOW_PAUSE_MS = 50;

/**
 * Events: `open` when a connection is ready; `refused` with `{record, error}` when a request was not taken; `notice`
 * with a text for the person.
 */
export class Client extends EventTarget {
  #socket;
  #store;
  #session;
  #asked = new Map();
  #toFollow = new Set();
  #followTimer = null;
  #unanswered = new Map();

  constructor(socket, store, session) {
    super();
    this.#socket = socket;
    this.#store = store;
    this.#session = session;
    socket.addEventListener("message", (event) => this.#receive(event.detail));
    socket.addEventListener("state", () => (socket.state === "open" ? this.#resume() : this.#failAsked()));
  }

  get open() {
    return this.#socket.state === "open";
  }

  /** Send a request. With no connection it waits for the next; its id keeps it from running twice. */
  submit(action, payload) {
    return this.#sendNew({ type: "request", action, payload }, action, payload);
  }

  /** Have a finished request done again → the record of the new one. */
  regenerate(record) {
    const message = { type: "regenerate", request_id: record.requestId };
    return this.#sendNew(message, record.action, record.payload, { again: true });
  }

  /** Ask for a request to be stopped. The final message tells how it went. */
  cancel(record) {
    record.cancelling = true;
    this.#store.changed(record);
    this.#socket.send({ type: "cancel", request_id: record.requestId, id: `cancel.${record.requestId}` });
  }

  /** Keep a file for `days` from now on → `extended`. Throws an Error with a text for the person. */
  extend(artifactId, days) {
    return this.#ask({ type: "extend", artifact_id: artifactId, days });
  }

  /** One page of the history, newest first → `{records, nextCursor}`. The store has them; live ones are followed. */
  async list(status, cursor, limit) {
    const message = { type: "list", limit };
    if (status) message.status = status;
    if (cursor) message.cursor = cursor;
    const { requests, next_cursor: nextCursor = null } = await this.#ask(message);
    const records = requests.map((state) => this.#store.absorb(state));
    records.forEach((record) => this.follow(record));
    return { records, nextCursor };
  }

  /**
   * Have the events of a live request sent here. Those of a moment share a message; very many are not followed, but for
   * what somebody has `opened` to look at.
   */
  follow(record, { opened = false } = {}) {
    if (record.following || !record.requestId || !LIVE.has(record.status)) return;
    if (opened) return void this.#subscribe([record]);
    this.#toFollow.add(record);
    this.#followTimer ??= setTimeout(() => {
      this.#followTimer = null;
      this.#follow([...this.#toFollow]);
      this.#toFollow.clear();
    }, FOLLOW_PAUSE_MS);
  }

  /** Forget everything that belonged to the person who signed out. */
  reset() {
    this.#failAsked();
    this.#unanswered.clear();
    this.#toFollow.clear();
    this.#store.clear();
  }

  #sendNew(message, action, payload, { again = false } = {}) {
    const id = crypto.randomUUID();
    const record = this.#store.add(id, action, payload);
    record.again = again;
    const most = this.#socket.limits.frame_bytes;
    const bytes = new TextEncoder().encode(JSON.stringify(message)).length + id.length + 16;
    if (bytes > most) {
      // The server would end the connection over it, and again at each attempt.
      const text = `This has ${count(bytes)} bytes; a request may have ${count(most)}. Upload large data as a dataset.`;
      this.#refuse(id, { code: "PAYLOAD_TOO_LARGE", message: text });
      return record;
    }
    this.#unanswered.set(id, { ...message, id });
    this.#socket.send({ ...message, id });
    return record;
  }

  /** Send a message and wait for its answer. */
  #ask(message) {
    const id = `${message.type}.${crypto.randomUUID()}`;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      if (!this.#socket.send({ ...message, id })) this.#failAsked();
    });
  }

  #receive(message) {
    if (message.type === "welcome" || message.type === "pong") learn(message.timestamp);
    if (message.seq !== undefined && message.type !== "snapshot") return this.#followed(message);
    const answers = {
      acknowledgment: () => this.#acknowledged(message),
      waiting: () => this.#store.wait(message),
      response: () => this.#responded(message),
      error: () => this.#failed(message),
      subscribed: () => this.#subscribed(message.requests ?? []),
      snapshot: () => this.#store.absorb(message, { movesCursor: message.reason === "trimmed" }),
      requests: () => this.#answered(message),
      extended: () => this.#answered(message),
      token_expiring: () => this.#renewToken(message.expires_in),
      message: () => message.topic !== FEED && this.#notice(message.message ?? message.data?.message),
    };
    answers[message.type]?.();
  }

  #followed(message) {
    if (this.#store.apply(message) !== "gap") return;
    const record = this.#store.get(message.request_id);
    if (record.repairing) return;
    record.repairing = true;
    this.#subscribe([record]);
  }

  #follow(records) {
    const room = MOST_FOLLOWED - this.#store.live().filter((record) => record.following).length;
    const others = records.filter((record) => !record.following);
    if (room > 0 && others.length > 0) this.#subscribe(others.slice(0, room));
  }

  #subscribe(records) {
    for (const record of records) record.following = true;
    const requests = records.map((record) => ({ request_id: record.requestId, after_seq: record.seq }));
    this.#socket.send({ type: "subscribe", requests });
  }

  #subscribed(answers) {
    for (const answer of answers) {
      const record = this.#store.get(answer.request_id);
      if (!record) continue;
      record.repairing = false;
      if (answer.error?.code === "NOT_FOUND") this.#store.remove(record);
      else if (answer.error) record.following = false;
    }
  }

  #acknowledged(message) {
    this.#unanswered.delete(message.id);
    this.#warn(message.warnings);
    const record = this.#store.acknowledge(message);
    if (!record) return;
    // Attached to a request that has been running for a while: ask for what it said until now.
    record.following = !message.duplicate;
    this.follow(record);
  }

  #responded(message) {
    this.#unanswered.delete(message.id);
    this.#warn(message.metadata?.warnings);
    this.#store.respond(message);
  }

  /** Tell which fields of a request the server left out. */
  #warn(warnings = []) {
    for (const { path, message } of warnings) this.#notice(`${path}: ${message}`);
  }

  #failed(message) {
    const { id, error } = message;
    if (this.#asked.has(id)) return this.#take(id).reject(new Error(error.message));
    if (this.#unanswered.has(id)) return this.#refuse(id, error);
    if (id === FEED_ID) return;
    // A cancel that came too late: the final message, on its way or here already, says how it ended.
    if (this.#stopCancelling(id) && error.details?.status) return;
    if (error?.code !== "UNAUTHORIZED") this.#notice(error?.message);
  }

  #stopCancelling(id) {
    const record = id?.startsWith("cancel.") ? this.#store.get(id.slice("cancel.".length)) : undefined;
    if (!record) return false;
    record.cancelling = false;
    this.#store.changed(record);
    return true;
  }

  #refuse(id, error) {
    this.#unanswered.delete(id);
    const record = this.#store.get(id);
    if (!record) return;
    this.#store.refuse(id, error);
    this.dispatchEvent(new CustomEvent("refused", { detail: { record, error } }));
  }

  #answered(message) {
    this.#take(message.id)?.resolve(message);
  }

  #take(id) {
    const waiting = this.#asked.get(id);
    this.#asked.delete(id);
    return waiting;
  }

  #failAsked() {
    for (const id of [...this.#asked.keys()]) this.#take(id).reject(new Error("The connection was lost."));
  }

  /** On a new connection: follow again from where each stood, and repeat what was never answered. */
  #resume() {
    const live = this.#store.live().sort((a, b) => b.createdAt - a.createdAt);
    for (const record of live) Object.assign(record, { repairing: false, following: false });
    this.#follow(live.filter((record) => record.requestId));
    for (const message of this.#unanswered.values()) this.#socket.send(message);
    for (const record of live) if (record.cancelling) this.cancel(record);
    this.dispatchEvent(new Event("open"));
  }

  async #renewToken(expiresInSeconds) {
    if (!this.#session.canRefresh) {
      this.#notice(`Your token expires in ${Math.round(expiresInSeconds)} seconds. Sign in again to stay connected.`);
      return;
    }
    try {
      this.#socket.send({ type: "authenticate", token: await this.#session.refresh() });
    } catch {
      // Out of reach for now: the server closes the connection when the token ends, and the next one tries again.
    }
  }

  #notice(text) {
    if (text) this.dispatchEvent(new CustomEvent("notice", { detail: text }));
  }
}

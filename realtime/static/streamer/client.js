/** The conversation with the server: sends requests, follows what is live, picks up again after a lost connection. */

import { learn } from "./clock.js";
import { LIVE } from "./requests.js";

const MOST_FOLLOWED = 128;
const PAGE_SIZE = 25;

/**
 * Events: `open` when a connection is ready; `refused` with `{record, error}` when a request was not taken; `notice`
 * with a text for the person.
 */
export class Client extends EventTarget {
  #socket;
  #store;
  #session;
  #lists = new Map();
  #unanswered = new Map();

  constructor(socket, store, session) {
    super();
    this.#socket = socket;
    this.#store = store;
    this.#session = session;
    socket.addEventListener("message", (event) => this.#receive(event.detail));
    socket.addEventListener("state", () => (socket.state === "open" ? this.#resume() : this.#failLists()));
  }

  get open() {
    return this.#socket.state === "open";
  }

  /** Send a request. With no connection it waits for the next; its id keeps it from running twice. */
  submit(action, payload) {
    const id = crypto.randomUUID();
    const message = { type: "request", id, action, payload };
    this.#unanswered.set(id, message);
    const record = this.#store.add(id, action, payload);
    this.#socket.send(message);
    return record;
  }

  /** Ask for a request to be stopped. The final message tells how it went. */
  cancel(record) {
    record.cancelling = true;
    this.#store.changed(record);
    this.#socket.send({ type: "cancel", request_id: record.requestId, id: `cancel.${record.requestId}` });
  }

  /** One page of the history, newest first → `{records, nextCursor}`. The store has them; live ones are followed. */
  list(status, cursor) {
    const id = `list.${crypto.randomUUID()}`;
    const message = { type: "list", id, limit: PAGE_SIZE };
    if (status) message.status = status;
    if (cursor) message.cursor = cursor;
    return new Promise((resolve, reject) => {
      this.#lists.set(id, { resolve, reject });
      if (!this.#socket.send(message)) this.#failLists();
    });
  }

  /** Forget everything that belonged to the person who signed out. */
  reset() {
    this.#failLists();
    this.#unanswered.clear();
    this.#store.clear();
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
      requests: () => this.#listed(message),
      token_expiring: () => this.#renewToken(message.expires_in),
      message: () => this.#notice(message.message ?? message.data?.message),
    };
    answers[message.type]?.();
  }

  #followed(message) {
    if (this.#store.apply(message) !== "gap") return;
    const record = this.#store.get(message.request_id);
    if (record.repairing) return;
    record.repairing = true;
    this.#follow([record]);
  }

  #follow(records) {
    const wanted = records.filter((record) => record.requestId).slice(0, MOST_FOLLOWED);
    if (wanted.length === 0) return;
    for (const record of wanted) record.following = true;
    const requests = wanted.map((record) => ({ request_id: record.requestId, after_seq: record.seq }));
    this.#socket.send({ type: "subscribe", requests });
  }

  #subscribed(answers) {
    for (const answer of answers) {
      const record = this.#store.get(answer.request_id);
      if (!record) continue;
      record.repairing = false;
      if (answer.error) this.#store.remove(record);
    }
  }

  #acknowledged(message) {
    this.#unanswered.delete(message.id);
    const record = this.#store.acknowledge(message);
    if (!record) return;
    record.following = true;
    // Attached to a request that has been running for a while: ask for what it said until now.
    if (message.duplicate) this.#follow([record]);
  }

  #responded(message) {
    this.#unanswered.delete(message.id);
    this.#store.respond(message);
  }

  #failed(message) {
    const { id, error } = message;
    if (this.#lists.has(id)) return this.#takeList(id).reject(new Error(error.message));
    const sent = this.#unanswered.get(id);
    if (sent) {
      this.#unanswered.delete(id);
      const record = this.#store.get(id);
      this.#store.refuse(id, error);
      this.dispatchEvent(new CustomEvent("refused", { detail: { record, error } }));
      return;
    }
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

  #listed(message) {
    const id = this.#lists.has(message.id) ? message.id : this.#lists.keys().next().value;
    const records = message.requests.map((state) => this.#store.absorb(state));
    this.#follow(records.filter((record) => LIVE.has(record.status) && !record.following));
    this.#takeList(id)?.resolve({ records, nextCursor: message.next_cursor ?? null });
  }

  #takeList(id) {
    const waiting = this.#lists.get(id);
    this.#lists.delete(id);
    return waiting;
  }

  #failLists() {
    for (const id of [...this.#lists.keys()]) this.#takeList(id).reject(new Error("The connection was lost."));
  }

  /** On a new connection: follow again from where each stood, and repeat what was never answered. */
  #resume() {
    const live = this.#store.live().sort((a, b) => b.createdAt - a.createdAt);
    for (const record of live) record.repairing = false;
    this.#follow(live);
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

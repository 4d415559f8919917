/** The requests of the person: submits them, follows what is live, and tells the store all that is heard of them. */

import { ConnectionStopped, NotFound } from "../client/streamer-client.js";
import { count } from "../ground/format.js";
import { pressed } from "../ground/pressed.js";
import { serverFilters } from "./matching.js";
import { isStored, LIVE } from "./record.js";

const MAX_FOLLOWED = 128;
const FOLLOW_PAUSE_MS = 50;

/** Events: `refused` with `{record, error}` when a request was not taken; `notice` with a text for the person. */
export class Requests extends EventTarget {
  #client;
  #store;
  #toFollow = new Set();
  #followTimer = null;
  /** Sends again, each, what was not answered when the server said not to come back. */
  #unanswered = [];

  constructor(client, store) {
    super();
    this.#client = client;
    this.#store = store;
    // The client has its own things to say first on a new connection.
    client.addEventListener("state", () => this.open && queueMicrotask(() => this.#resume()));
  }

  get open() {
    return this.#client.state === "open";
  }

  /**
   * Send a request, or several that differ in their ids alone and go in one message → their records. With no connection
   * they wait for the next.
   */
  submit(action, payload, { ids = [crypto.randomUUID()], tags = [] } = {}) {
    const records = ids.map((id) => this.#store.add(id, { action, payload, tags, siblings: ids.length }));
    const together = () => this.#client.submitMany(ids.map((id) => ({ action, payload, ...optionsOf(id, tags) })));
    if (records.length > 1) this.#sendTogether(records, together);
    else this.#send(records[0]);
    return records;
  }

  /** Send again, under the same id, what was sent before the page was loaded anew → its record. */
  resend({ clientId, ...known }) {
    const record = this.#store.add(clientId, known);
    this.#send(record);
    return record;
  }

  /**
   * Have an ended request run again → the record of the new one; null for a second press. What the server has not stored
   * is sent anew from here.
   */
  again(record) {
    if (record.repeating) return null;
    const { action, payload, tags } = record;
    const fresh = isStored(record) ? this.#regenerate(record) : this.submit(action, payload, { tags })[0];
    fresh.again = true;
    this.#mark(record, { repeating: true });
    Promise.all([this.#store.taken(fresh), pressed()]).then(() => this.#mark(record, { repeating: false }));
    return fresh;
  }

  /** Ask for a request to be stopped. The final message tells how it went. */
  async cancel(record) {
    this.#mark(record, { cancelling: true });
    try {
      await this.#client.cancel(record.requestId);
    } catch (error) {
      this.#mark(record, { cancelling: false });
      if (!(error instanceof ConnectionStopped)) this.#notice(error.message);
    }
  }

  /** Keep a file for `days` from now on → `extended`. Throws an Error with a text for the person. */
  extend(artifactId, days) {
    return this.#client.extend(artifactId, days);
  }

  /** One page of the history, newest first → `{records, nextCursor}`. The store has them; live ones are followed. */
  async list(filter, cursor, limit) {
    const filters = serverFilters(filter);
    const { requests, nextCursor } = await this.#client.listPage({ ...filters, cursor, limit });
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
    if (opened) return void this.#follow([record]);
    this.#toFollow.add(record);
    this.#followTimer ??= setTimeout(() => this.#followSome(), FOLLOW_PAUSE_MS);
  }

  /** Forget everything that belonged to the person who signed out. */
  reset() {
    this.#toFollow.clear();
    this.#unanswered = [];
    this.#store.clear();
  }

  #send(record) {
    const again = () => this.#send(record);
    try {
      this.#hear(record, this.#submit(record), again);
    } catch (error) {
      this.#notSent(record, error, again);
    }
  }

  #submit({ clientId, regenerates, action, payload, tags }) {
    if (regenerates) return this.#client.regenerate(regenerates, { id: clientId });
    return this.#client.submit(action, payload, optionsOf(clientId, tags));
  }

  #sendTogether(records, together) {
    try {
      const handles = together();
      records.forEach((record, index) => this.#hear(record, handles[index], () => this.#send(record)));
    } catch (error) {
      for (const record of records) this.#notSent(record, error, () => this.#send(record));
    }
  }

  /** After the server said not to come back, it waits until the person connects again. */
  #notSent(record, error, again) {
    if (error instanceof ConnectionStopped) this.#unanswered.push(again);
    else this.#refuse(record, error);
  }

  /** Take what is told of a request. `again` sends it again, if it was submitted here. */
  #hear(record, handle, again = null) {
    record.following = true;
    handle.listen((message) => this.#take(message));
    handle.acknowledged.then((message) => message && this.#acknowledged(message)).catch(() => {});
    handle.result().catch((error) => this.#ended(handle, error, again));
  }

  #take(message) {
    if (message.type === "waiting") this.#store.wait(message);
    else if (message.type === "snapshot") this.#store.absorb(message, { movesCursor: true });
    else if (message.type === "response") this.#responded(message);
    else this.#store.apply(message);
  }

  #acknowledged(message) {
    this.#warn(message.warnings);
    const record = this.#store.acknowledge(message);
    if (record) record.following = true;
  }

  #responded(message) {
    this.#warn(message.metadata?.warnings);
    this.#store.respond(message);
  }

  /** Nothing more is told of it, for whatever reason. */
  #ended(handle, error, again) {
    const record = this.#store.get(handle.requestId ?? handle.id);
    // How it ended is told by its final message, which has been taken.
    if (!record || error.event) return;
    record.following = false;
    if (record.status === "sending") this.#notSent(record, error, again);
    else if (error instanceof NotFound) this.#store.remove(record);
  }

  #refuse(record, error) {
    const { code, details, retryable } = error;
    const message = code === "PAYLOAD_TOO_LARGE" ? this.#tooLarge(record) : error.message;
    const known = { code, message, details, retryable };
    this.#store.refuse(record.clientId, known);
    this.dispatchEvent(new CustomEvent("refused", { detail: { record, error: known } }));
  }

  #tooLarge({ payload }) {
    const bytes = new TextEncoder().encode(JSON.stringify(payload)).length;
    const most = this.#client.limits.frame_bytes;
    const limit = most ? `; a request may have at most ${count(most)}` : "";
    return `This has ${count(bytes)} bytes${limit}. Upload large data as a dataset.`;
  }

  #followSome() {
    this.#followTimer = null;
    const room = MAX_FOLLOWED - this.#store.live().filter((record) => record.following).length;
    const others = [...this.#toFollow].filter((record) => !record.following);
    this.#toFollow.clear();
    this.#follow(others.slice(0, Math.max(0, room)));
  }

  #follow(records) {
    if (this.#client.stopped) return;
    for (const record of records) this.#hear(record, this.#client.follow(record.requestId, { afterSeq: record.seq }));
  }

  /** After the server said not to come back, the client has forgotten all. After a lost connection it has not. */
  #resume() {
    for (const send of this.#unanswered.splice(0)) send();
    for (const record of this.#store.live().sort((a, b) => b.createdAt - a.createdAt)) this.follow(record);
  }

  #regenerate({ requestId, action, payload, tags }) {
    const known = { action, payload, tags, again: true, regenerates: requestId };
    const record = this.#store.add(crypto.randomUUID(), known);
    this.#send(record);
    return record;
  }

  #mark(record, flags) {
    this.#store.changed(Object.assign(record, flags));
  }

  /** Tell which fields of a request the server left out. */
  #warn(warnings = []) {
    for (const { path, message } of warnings) this.#notice(`${path}: ${message}`);
  }

  #notice(text) {
    this.dispatchEvent(new CustomEvent("notice", { detail: text }));
  }
}

function optionsOf(id, tags) {
  return tags.length ? { id, tags } : { id };
}

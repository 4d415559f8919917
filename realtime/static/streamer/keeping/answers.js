/**
 * What the server does not store, answers on the spot and refused requests: this browser keeps the newest for a day. No
 * secrets.
 */

import { withoutSecrets } from "../address/secrets.js";
import { now } from "../ground/clock.js";
import { blank } from "../requests/record.js";

const MAX_ANSWERS = 50;
const MAX_CHARACTERS = 20_000;
const MAX_AGE_MS = 24 * 3600 * 1000;
const TOLD = ["clientId", "action", "tags", "status", "inline", "refused"];
const HAD = ["createdAt", "finishedAt", "result", "error", "computedAt"];

export class Answers {
  #kept;
  #store;
  #schemaOf;

  /** `schemaOf(action)` gives the schema of its payload. */
  constructor(kept, store, schemaOf) {
    this.#kept = kept;
    this.#store = store;
    this.#schemaOf = schemaOf;
    store.addEventListener("final", ({ detail }) => isHereAlone(detail) && this.#keep(detail));
    store.addEventListener("remove", ({ detail }) => isHereAlone(detail) && kept.drop(detail.clientId));
  }

  /** Somebody is signed in: put what is kept into the store. */
  restore() {
    const all = this.#kept.readList();
    const fresh = all.filter((answer) => now() - answer.createdAt < MAX_AGE_MS);
    if (fresh.length < all.length) this.#kept.write(fresh);
    for (const answer of fresh) this.#store.restore(blank(answer));
  }

  #keep(record) {
    const answer = Object.fromEntries([...TOLD, ...HAD].map((name) => [name, record[name]]));
    answer.payload = withoutSecrets(record.payload, this.#schemaOf(record.action));
    const others = this.#kept.readList().filter((other) => other.clientId !== answer.clientId);
    const isLarge = JSON.stringify(answer).length > MAX_CHARACTERS;
    const all = isLarge ? others : [answer, ...others];
    this.#kept.write(all.slice(0, MAX_ANSWERS));
    this.#trim();
  }

  /** No more than that stay on the page either. */
  #trim() {
    const newestFirst = this.#store
      .all()
      .filter(isHereAlone)
      .sort((a, b) => b.createdAt - a.createdAt);
    for (const record of newestFirst.slice(MAX_ANSWERS)) this.#store.forget(record);
  }
}

function isHereAlone(record) {
  return record.inline || record.refused;
}

/**
 * What this tab has sent and no answer has come to yet: it outlives a reload, and is then sent again under the same id,
 * so that the server runs it once. No secrets.
 */

import { withoutSecrets } from "../address/secrets.js";
import { now } from "../ground/clock.js";
import { blank } from "../requests/record.js";

const MAX_UNSENT = 50;
const MAX_CHARACTERS = 1_000_000;
/** Nobody expects a request to go out that they have pressed Send for this long ago. */
const MAX_AGE_MS = 10 * 60 * 1000;
const KEPT = ["clientId", "action", "payload", "tags", "title", "createdAt", "regenerates", "siblings"];
const UNKNOWN = "The page was left before the server answered, so it may not have arrived.";

export class Unsent {
  #kept;
  #store;
  #schemaOf;

  /** `schemaOf(action)` gives the schema of its payload. */
  constructor(kept, store, schemaOf) {
    this.#kept = kept;
    this.#store = store;
    this.#schemaOf = schemaOf;
    store.addEventListener("change", ({ detail }) => this.#look(detail));
    store.addEventListener("remove", ({ detail }) => kept.drop(detail.clientId));
  }

  /**
   * Somebody is signed in → the entries to be sent again, oldest first: what a record has of `KEPT`. What is too old, or
   * had a secret that is gone, is shown as failed instead.
   */
  restore() {
    const entries = this.#kept.readList();
    const mayGo = (entry) => !entry.isCut && now() - entry.createdAt < MAX_AGE_MS;
    this.#kept.write(entries.filter(mayGo));
    for (const { isCut, ...entry } of entries.filter((one) => !mayGo(one))) this.#giveUp(entry);
    return entries.filter(mayGo).reverse();
  }

  #giveUp(entry) {
    const error = { code: "UNKNOWN", message: UNKNOWN };
    this.#store.restore(blank({ ...entry, status: "failed", refused: true, finishedAt: now(), error }));
  }

  #look(record) {
    if (record.status === "sending") this.#keep(record);
    else if (record.clientId !== null) this.#kept.drop(record.clientId);
  }

  #keep(record) {
    const entry = Object.fromEntries(KEPT.map((name) => [name, record[name]]));
    entry.payload = record.payload && withoutSecrets(record.payload, this.#schemaOf(record.action));
    entry.isCut = JSON.stringify(entry.payload) !== JSON.stringify(record.payload);
    const others = this.#kept.readList().filter((other) => other.clientId !== entry.clientId);
    const entries = [entry, ...others].slice(0, MAX_UNSENT);
    while (entries.length && JSON.stringify(entries).length > MAX_CHARACTERS) entries.pop();
    this.#kept.write(entries);
  }
}

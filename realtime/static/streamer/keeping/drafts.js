/** What somebody has typed into the forms, by action, until it is sent or they sign out. No secrets. */

import { withoutSecrets } from "../address/secrets.js";

const MAX_DRAFTS = 20;
const MAX_CHARACTERS = 200_000;

export class Drafts {
  #kept;
  #schemaOf;

  /** `schemaOf(action)` gives the schema of its payload. */
  constructor(kept, schemaOf) {
    this.#kept = kept;
    this.#schemaOf = schemaOf;
  }

  /** → `{payload, tags}`, undefined for none. */
  get(action) {
    return this.#kept.readList().find(([name]) => name === action)?.[1];
  }

  /** The newest come first; of very many, or very large ones, the oldest go. */
  set(action, { payload, tags }) {
    const draft = { payload: withoutSecrets(payload, this.#schemaOf(action)), tags };
    const others = this.#kept.readList().filter(([name]) => name !== action);
    const drafts = [[action, draft], ...others].slice(0, MAX_DRAFTS);
    while (drafts.length && JSON.stringify(drafts).length > MAX_CHARACTERS) drafts.pop();
    this.#kept.write(drafts);
  }
}

/** The little of a browser that scripts without DOM use: globals that Node, or an older Node, does not have. */

import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail = null } = {}) {
    super(type);
    this.detail = detail;
  }
};
globalThis.document = { baseURI: "http://console.test/" };

/** Texts by key, as in one tab. */
export class FakeStorage {
  texts = new Map();

  getItem(key) {
    return this.texts.get(key) ?? null;
  }

  setItem(key, text) {
    this.texts.set(key, text);
  }

  removeItem(key) {
    this.texts.delete(key);
  }
}

/**
 * Answer every `fetch` of a test. `answer(call)` gets `{method, path, headers, body}` and gives `[status, json]`, or
 * null when nothing is to be reached. Returns the list of calls.
 */
export function answerFetch(test, answer) {
  const calls = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (url, { method, headers, body }) => {
    const call = { method, path: url.pathname + url.search, headers, body: body && JSON.parse(body) };
    calls.push(call);
    const answered = await answer(call);
    if (!answered) throw new TypeError("fetch failed");
    const [status, json] = answered;
    return { status, ok: status < 400, json: async () => structuredClone(json) };
  };
  test.after(() => {
    globalThis.fetch = real;
  });
  return calls;
}

/** A token with these claims. Its signature is none. */
export function tokenWith(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part(claims)}.signature`;
}

/** Collect the details of events of one type. */
export function heard(target, type) {
  const details = [];
  target.addEventListener(type, (event) => details.push(event.detail));
  return details;
}

/** The HTTP side of the service, as far as a test scripts it. */

import { Client } from "../../dist/index.js";
import "../../dist/http.js";

export const ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11";
export const LIST = "GET /api/requests/";
export const EVENTS = `GET /api/requests/${ID}/events/`;
export const ONE = `GET /api/requests/${ID}/`;
/** The answer to `LIST` where there are none, which tells the client that the service is there. */
export const empty = { requests: [], next_cursor: null };

/**
 * A `fetch` that answers with what `answers` has for `METHOD path` (without the query): a value for JSON, a Response, a
 * function of the call that gives either, or a list of those for one call after another. `calls` has every call.
 */
export function fakeFetch(answers) {
  const calls = [];
  const fetch = async (url, { method = "GET", headers, body, signal } = {}) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/healthz" && Object.keys(answers).length) return new Response("ok");
    const call = { method, path: pathname, query: Object.fromEntries(searchParams), headers, signal };
    calls.push({ ...call, body: typeof body === "string" ? JSON.parse(body) : body });
    const known = answers[`${method} ${pathname}`];
    const answer = Array.isArray(known) ? known.shift() : known;
    const given = typeof answer === "function" ? await answer(calls.at(-1)) : answer;
    if (given === undefined) throw new TypeError("no host");
    return given instanceof Response ? given : Response.json(given);
  };
  return { calls, fetch };
}

export function refusal(status, code, more = {}) {
  return Response.json({ error: { code, message: `${code}.`, retryable: false, ...more } }, { status });
}

/** A stream of server-sent events that the test writes. */
export class EventStream {
  #controller;
  response;

  constructor() {
    const body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    this.response = new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  /** An answer of `fakeFetch` that ends when the client leaves it, as a real one does. */
  untilLeft() {
    return ({ signal }) => {
      signal.addEventListener("abort", () => this.end());
      return this.response;
    };
  }

  write(text) {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }

  say(frame) {
    const id = frame.seq ?? frame.cursor;
    this.write(`${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(frame)}\n\n`);
  }

  end() {
    this.#controller.close();
  }
}

export function streams(count) {
  return Array.from({ length: count }, () => new EventStream());
}

/** A stream that something on the way ends at once. */
export function cut() {
  const stream = new EventStream();
  stream.end();
  return stream.response;
}

/** A client that has no sockets. */
export function httpClient(fetch, options = {}) {
  return new Client("https://service.test/ws/", {
    token: "token-1",
    WebSocket: null,
    fetch,
    random: () => 0,
    ...options,
  });
}

export async function collect(iterable, into = []) {
  for await (const item of iterable) into.push(item);
  return into;
}

export function acknowledgment(id, requestId = ID) {
  return { type: "acknowledgment", id, request_id: requestId, status: "queued", duplicate: false };
}

export const started = { type: "started", request_id: ID, seq: 1, attempt: 1 };
export const progress = (seq) => ({ type: "progress", request_id: ID, seq, percentage: seq, message: "", attempt: 1 });
export const complete = (seq, result = { rows: 1 }) => ({
  type: "complete",
  request_id: ID,
  seq,
  success: true,
  result,
  final: true,
});

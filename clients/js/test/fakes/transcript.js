/** Runs one transcript of clients/transcripts: what its README says a runner does. */

import assert from "node:assert/strict";
import { Clock, settled } from "./clock.js";
import { FakeServer } from "./server.js";

const EVENTS = {
  request: isEventOfRequest,
  feed: ({ type }) => type === "message" || type === "result_expiring",
  topic: ({ type }) => type !== "subscribed",
};
const DEFAULT_TOKENS = ["token-1", "token-2", "token-3"];

/** `library`: the module of the client. */
export async function runTranscript(test, transcript, welcome, library) {
  const run = new Run(test, transcript, welcome, library);
  for (const [number, step] of transcript.steps.entries()) {
    try {
      await run.step(step);
    } catch (error) {
      error.message = `step ${number + 1} ${JSON.stringify(step).slice(0, 120)}: ${error.message}`;
      throw error;
    }
  }
  await run.finish(transcript.application);
}

class Run {
  #clock;
  #server = new FakeServer();
  #library;
  #client;
  #welcome;
  #socket = null;
  #accepted = 0;
  #names = new Map();
  #calls = new Map();
  #seen = new Map();

  constructor(test, { client }, welcome, library) {
    this.#library = library;
    this.#clock = new Clock(test);
    this.#welcome = welcome;
    const { tokens = DEFAULT_TOKENS, queue_limit: maxQueued } = client;
    let held = 0;
    this.#client = new library.Client("ws://server.test/ws/", {
      tokenProvider: ({ force }) => {
        if (force) held = Math.min(held + 1, tokens.length - 1);
        return tokens[held];
      },
      WebSocket: this.#server.WebSocket,
      fetch: async () => {
        throw new TypeError("no host");
      },
      ...(maxQueued && { maxQueued }),
    });
  }

  async step(step) {
    const kind = Object.keys(this.#kinds).find((name) => name in step);
    await this.#kinds[kind](step);
    await settled();
  }

  async finish(application) {
    await this.#clock.pass(1);
    for (const name of new Set([...this.#seen.keys(), ...application.map(({ of }) => of)])) {
      this.#compare(
        name,
        application.filter(({ of }) => of === name),
      );
    }
    const left = this.#socket?.frames.filter(({ type }) => type !== "received" && type !== "ping") ?? [];
    assert.deepEqual(left, [], "no frame is left");
    assert.equal(this.#server.opened.length, this.#accepted, "no connection is left");
    this.#client.close();
    await settled();
  }

  #kinds = {
    call: ({ call }) => this.#call(call),
    accept: async (step) => {
      const socket = await this.#opened(step);
      const { token, welcome } = step.accept;
      if (token) assert.equal(socket.protocols[1], `bearer.${token}`);
      if (welcome !== false) socket.say({ ...this.#welcome, ...welcome });
    },
    fail: async (step) => (await this.#opened(step)).end(1006),
    expect: async ({ expect, within_seconds = 0.2 }) => {
      const wanted = { type: "request", ...expect };
      assert.ok(await this.#clock.until(() => this.#peek(wanted), within_seconds), "a frame comes");
      const frame = this.#socket.frames.shift();
      assert.ok(this.#fits(plain(wanted), plain(frame)), `it fits ${JSON.stringify(frame)}`);
    },
    send: async ({ send, seqs }) => {
      const [first, last] = seqs ?? [send.seq, send.seq];
      for (let seq = first ?? 0; seq <= (last ?? 0); seq += 1) {
        this.#socket.say({ ...this.#filled(send), ...(seqs && { seq }) });
        // A socket hands out each message in a turn of its own.
        await new Promise((resolve) => queueMicrotask(resolve));
      }
    },
    close: ({ close }) => this.#socket.end(close),
    drop: () => this.#socket.end(1006),
    closed: async ({ within_seconds = 1 }) => {
      assert.ok(await this.#clock.until(() => this.#socket.isClosed, within_seconds), "the client closes it");
      this.#socket.frames = [];
    },
    wait: ({ wait }) => this.#clock.pass(wait),
    silence: async ({ silence, strict = false }) => {
      await this.#clock.pass(silence);
      const said = this.#socket?.frames.filter(({ type }) => strict || type !== "received") ?? [];
      assert.deepEqual(said, [], "the client is silent");
      assert.equal(this.#server.opened.length, this.#accepted, "the client opens no connection");
    },
    take: ({ take, of }) => this.#calls.get(of).take(take),
  };

  async #opened({ after_seconds = 0, within_seconds = 1 }) {
    const isOpened = () => this.#server.opened.length > this.#accepted;
    const before = this.#clock.seconds;
    assert.ok(await this.#clock.until(isOpened, within_seconds), "the client opens a connection");
    assert.ok(this.#clock.seconds - before >= after_seconds - 1e-6, `not after ${this.#clock.seconds - before} s`);
    this.#socket = this.#server.opened[this.#accepted];
    this.#accepted += 1;
    return this.#socket;
  }

  /** The next frame, past those that nobody asked for. */
  #peek(wanted) {
    const { frames } = this.#socket;
    while (["received", "ping"].includes(frames[0]?.type) && frames[0].type !== wanted.type) frames.shift();
    return frames[0];
  }

  #call({ method, as, of, takes = Infinity, result = true, request_id, after_seq, action, payload, cursor, ...rest }) {
    const client = this.#client;
    const { id, metadata } = rest;
    const methods = {
      run: () => this.#note(as, async () => ({ result: await client.run(action, payload, { id, metadata }) })),
      submit: () => this.#consume(as, () => client.submit(action, payload, { id, metadata }), takes, result),
      submit_many: () => {
        const handles = client.submitMany(rest.requests.map(({ as: _, ...fields }) => fields));
        for (const [index, one] of rest.requests.entries()) this.#consume(one.as, () => handles[index], Infinity, true);
      },
      follow: () => this.#consume(as, () => client.follow(request_id, { afterSeq: after_seq ?? 0 }), takes, result),
      cancel: () =>
        this.#note(as, async () => ({
          end: await this.#calls
            .get(of)
            .handle.cancel()
            .then(() => true),
        })),
      status: () => this.#note(as, async () => ({ result: await this.#calls.get(of).handle.status() })),
      feed: () => this.#consume(as, () => client.feed({ cursor }), takes, false, EVENTS.feed),
      topic: () =>
        this.#consume(as, () => client.topic(rest.topic, { afterSeq: after_seq }), takes, false, EVENTS.topic),
      close: () => this.#note(as, async () => ({ end: !client.close() })),
    };
    methods[method]();
  }

  async #note(name, work) {
    if (!this.#seen.has(name)) this.#seen.set(name, []);
    const seen = this.#seen.get(name);
    await work().then(
      (item) => seen.push(item),
      (error) => seen.push({ error }),
    );
  }

  #consume(name, open, takes, wantsResult, isEvent = EVENTS.request) {
    this.#note(name, async () => {
      const reader = new Reader(open(), takes);
      this.#calls.set(name, reader);
      for await (const event of reader) if (isEvent(event)) this.#seen.get(name).push({ event });
      return wantsResult ? { result: await reader.handle.result() } : { end: true };
    });
  }

  #compare(name, wanted) {
    const seen = this.#seen.get(name) ?? [];
    const shown = JSON.stringify(seen, (_, value) => (value instanceof Error ? `${value}` : value));
    const spread = wanted.flatMap((item) => (item.seqs ? numbers(item.seqs) : [item]));
    assert.equal(seen.length, spread.length, `${name} saw ${shown}`);
    for (const [index, item] of spread.entries()) this.#check(item, seen[index], `${name} ${index}: ${shown}`);
  }

  #check({ event, result, error, end }, seen, message) {
    if (event) assert.ok(this.#fits(event, seen.event), message);
    else if (error) this.#checkError(error, seen.error, message);
    else if (end) assert.ok(seen.end, message);
    else assert.ok("result" in seen && this.#fits(result, seen.result), message);
  }

  #checkError({ kind, retry_after, ...fields }, error, message) {
    if (kind) assert.ok(error instanceof this.#library[kind], message);
    const { code, details, retryable, retryAfter } = error;
    const has = { code, message: error.message, details, retryable };
    assert.ok(this.#fits(fields, has), `${message} ${JSON.stringify(has)}`);
    if (retry_after !== undefined) assert.equal(retryAfter, retry_after);
  }

  #fits(wanted, value) {
    if (typeof wanted === "string" && wanted.startsWith("$")) return this.#remember(wanted, value);
    if (Array.isArray(wanted)) {
      return value?.length === wanted.length && wanted.every((item, index) => this.#fits(item, value[index]));
    }
    if (wanted === null || typeof wanted !== "object") return wanted === value;
    return Object.entries(wanted).every(([name, item]) => this.#fits(item, value?.[name]));
  }

  #remember(name, value) {
    if (!this.#names.has(name)) this.#names.set(name, value);
    return this.#names.get(name) === value;
  }

  /** What is sent, with the texts that names stand for. */
  #filled(value) {
    if (typeof value === "string" && value.startsWith("$")) return this.#names.get(value);
    if (Array.isArray(value)) return value.map((item) => this.#filled(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#filled(item)]));
  }
}

/** An application that takes as many events as it was told to. */
class Reader {
  handle;
  #allowed;
  #wake = null;

  constructor(handle, allowed) {
    this.handle = handle;
    this.#allowed = allowed;
  }

  take(count) {
    this.#allowed += count;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator]() {
    const events = this.handle[Symbol.asyncIterator]();
    for (;;) {
      while (this.#allowed <= 0) {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#allowed -= 1;
      const { value, done } = await events.next();
      if (done) return;
      yield value;
    }
  }
}

function isEventOfRequest({ type, seq, reason }) {
  return type === "waiting" || (type === "snapshot" ? reason === "trimmed" : seq !== undefined);
}

function numbers([first, last]) {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ event: { seq: first + index } }));
}

/** A subscription to one request counts the same, however it is written. */
function plain(frame) {
  if (frame.type !== "subscribe") return frame;
  const { requests, ...fields } = frame;
  const one = requests?.length === 1 ? { ...fields, ...requests[0] } : frame;
  return one.topic === undefined && !one.requests ? { after_seq: 0, ...one } : one;
}

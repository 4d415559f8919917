import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../dist/core/conversation.js";
import { NotFound, RequestCancelled, StreamerError, ValidationFailed } from "../../dist/index.js";
import { forSeeds } from "../fakes/random.js";
import { acknowledgment, complete, ID, progress, started } from "../fakes/service.js";

/** A conversation whose surroundings are the test. */
class Talk {
  sent = [];
  taken = [];
  planned = [];
  soon = [];
  isOpen = false;
  #ids = 0;

  constructor(maxQueued = 1000) {
    this.conversation = new Conversation(
      {
        send: (frame) => this.isOpen && this.sent.push(structuredClone(frame)) > 0,
        took: (field, name, seq) => this.taken.push([field, name, seq]),
        later: (ms, work) => this.planned.push({ ms, work }),
        soon: (work) => this.soon.push(work),
        newId: (purpose) => {
          this.#ids += 1;
          return `${purpose}.${this.#ids}`;
        },
      },
      maxQueued,
    );
  }

  open(limits = {}) {
    this.isOpen = true;
    this.sent = [];
    this.conversation.opened({ limits });
    return this;
  }

  close() {
    this.isOpen = false;
    this.conversation.closed();
  }

  /** Let everything happen that waits for the end of the moment. */
  settle() {
    for (const work of this.soon.splice(0)) work();
  }

  say(...frames) {
    this.settle();
    for (const frame of frames) this.conversation.receive(frame);
  }

  sentOf(type) {
    this.settle();
    return this.sent.filter((frame) => frame.type === type);
  }

  submitted(id = "my-1") {
    const submission = this.conversation.submit({ type: "request", action: "delay", id });
    this.say(acknowledgment(id));
    return submission;
  }
}

/** What a stream gives until it ends. */
async function all(stream) {
  const frames = [];
  for (;;) {
    const { value, done } = await stream.next();
    if (done) return frames;
    frames.push(value);
  }
}

test("a thousand requests that waited go out a part at a time, so that the rates of the server hold", () => {
  const talk = new Talk();
  for (let number = 0; number < 300; number += 1) {
    talk.conversation.submit({ type: "request", action: "delay", id: String(number) });
  }
  talk.open();
  assert.equal(talk.sentOf("request").length, 100);
  while (talk.planned.length) talk.planned.shift().work();
  assert.equal(talk.sentOf("request").length, 300);
});

test("what is answered while the rest waits is not sent again", () => {
  const talk = new Talk();
  for (let number = 0; number < 101; number += 1) {
    talk.conversation.submit({ type: "request", action: "delay", id: String(number) });
  }
  talk.open();
  talk.say({ type: "error", id: "100", error: { code: "VALIDATION_ERROR", message: "no" } });
  talk.planned.shift().work();
  assert.equal(talk.sentOf("request").length, 100);
});

test("a request that no server would take is refused here", () => {
  const talk = new Talk().open({ frame_bytes: 1000 });
  const frame = { type: "request", action: "echo", id: "my-1", payload: { message: "é".repeat(500) } };
  assert.throws(() => talk.conversation.submit(frame), ValidationFailed);
  assert.equal(talk.conversation.isBusy, false);
});

test("the same id again is the same request", () => {
  const talk = new Talk().open();
  const frame = { type: "request", action: "delay", id: "my-1" };
  assert.equal(talk.conversation.submit(frame), talk.conversation.submit(frame));
  assert.equal(talk.sent.length, 1);
});

test("attached to a request that this connection follows already, it asks for what was said before", async () => {
  const talk = new Talk().open();
  const first = talk.submitted();
  talk.say(started, progress(2));
  const second = talk.conversation.submit({ type: "request", action: "delay", id: "my-1" });
  talk.say({ ...acknowledgment("my-1"), duplicate: true });
  assert.deepEqual(talk.sentOf("subscribe").at(-1).requests, [{ request_id: ID, after_seq: 0 }]);
  talk.say(started, progress(2), complete(3));
  for (const { stream } of [first, second]) {
    assert.deepEqual(
      (await all(stream)).map(({ seq }) => seq),
      [1, 2, 3],
    );
  }
});

test("a request that never left is cancelled here, one on its way when it is acknowledged", async () => {
  const talk = new Talk();
  const never = talk.conversation.submit({ type: "request", action: "delay", id: "a" });
  talk.conversation.cancel(never);
  await assert.rejects(never.stream.end, RequestCancelled);
  talk.open();
  assert.deepEqual(talk.sent, []);
  const sent = talk.conversation.submit({ type: "request", action: "delay", id: "b" });
  talk.conversation.cancel(sent);
  assert.equal(talk.sentOf("cancel").length, 0);
  talk.say(acknowledgment("b"));
  assert.equal(talk.sentOf("cancel")[0].request_id, ID);
});

test("a wish to cancel is told again on a new connection", () => {
  const talk = new Talk().open();
  talk.conversation.cancel(talk.submitted());
  talk.close();
  talk.open();
  assert.equal(talk.sentOf("cancel").length, 1);
});

test("questions are asked again on a new connection, unless asking twice does harm", async () => {
  const talk = new Talk().open();
  const status = talk.conversation.ask({ type: "status", request_id: ID }, true);
  const publish = talk.conversation.ask({ type: "publish", topic: "t", data: 1 }, false);
  talk.close();
  await assert.rejects(publish, (error) => error instanceof StreamerError && error.code === "CONNECTION_LOST");
  talk.open();
  assert.deepEqual(
    talk.sent.map(({ type }) => type),
    ["status"],
  );
  talk.say({ type: "snapshot", id: talk.sent[0].id, request_id: ID, reason: "status", seq: 4, status: "pending" });
  assert.equal((await status).status, "pending");
});

test("requests that are followed at the same moment share a message", () => {
  const talk = new Talk().open();
  for (let number = 0; number < 130; number += 1) talk.conversation.follow(`request-${number}`, number);
  assert.deepEqual(
    talk.sentOf("subscribe").map(({ requests }) => requests.length),
    [128, 2],
  );
});

test("very many followed requests are asked for in several messages", () => {
  const talk = new Talk();
  for (let number = 0; number < 300; number += 1) talk.conversation.follow(`request-${number}`, number);
  talk.open();
  assert.deepEqual(
    talk.sentOf("subscribe").map(({ requests }) => requests.length),
    [128, 128, 44],
  );
});

test("what comes for nobody is acknowledged all the same, so that the window does not fill up", () => {
  const talk = new Talk().open();
  talk.say(progress(7));
  assert.deepEqual(talk.taken, [["request_id", ID, 7]]);
});

test("a slow reader leaves the rest in the log and lets others go on, until it has room", async () => {
  const talk = new Talk().open();
  const stream = talk.conversation.follow(ID, 0);
  talk.settle();
  talk.say({
    type: "subscribed",
    id: talk.sent[0].id,
    requests: [{ request_id: ID, status: "processing", last_seq: 0 }],
  });
  stream.next();
  for (let seq = 1; seq <= 1100; seq += 1) talk.say(progress(seq));
  assert.equal(talk.sentOf("unsubscribe").length, 1);
  assert.equal(talk.sentOf("subscribe").length, 1);
  for (let read = 0; read < 600; read += 1) await stream.next();
  assert.deepEqual(talk.sentOf("subscribe").at(-1).requests, [{ request_id: ID, after_seq: 1025 }]);
});

test("a topic with a history goes on after its last number, one without from now on", () => {
  const talk = new Talk().open();
  const topic = talk.conversation.topics.follow("tenant.acme.news", {});
  talk.say({ type: "subscribed", topic: "tenant.acme.news", last_seq: 4 });
  talk.say({ type: "message", topic: "tenant.acme.news", seq: 5, data: 1 });
  talk.say({ type: "message", topic: "tenant.acme.news", seq: 7, data: 1 });
  assert.equal(talk.sent.at(-1).after_seq, 5);
  talk.conversation.topics.remove(topic);
  assert.equal(talk.sent.at(-1).type, "unsubscribe");
});

test("a cursor that the server does not take is forgotten, and the reader told", async () => {
  const talk = new Talk().open();
  const follower = talk.conversation.topics.follow("requests", { cursor: "of another server" });
  talk.say({ type: "error", id: talk.sent[0].id, error: { code: "VALIDATION_ERROR", message: "no" } });
  assert.deepEqual([talk.sent.length, talk.sent[1].cursor], [2, undefined]);
  talk.say({ type: "subscribed", topic: "requests", cursor: "c1", truncated: false });
  assert.equal((await follower.next()).value.truncated, true, "what was missed is to be read from the list");
});

test("a topic that may not be followed fails", async () => {
  const talk = new Talk().open();
  const topic = talk.conversation.topics.follow("tenant.other.news", {});
  talk.say({ type: "error", id: talk.sent[0].id, error: { code: "NOT_FOUND", message: "no" } });
  await assert.rejects(topic.next(), NotFound);
});

test("whatever is lost, doubled or out of order, each event counts once, in order, up to the last", async () => {
  await forSeeds(200, async (random) => {
    const talk = new Talk().open();
    const { stream } = talk.submitted();
    const length = random.between(3, 40);
    const log = [started, ...Array.from({ length: length - 2 }, (_, index) => progress(index + 2)), complete(length)];
    let written = 0;
    const answer = () => {
      for (const { id, requests } of talk.sentOf("subscribe")) {
        talk.say({ type: "subscribed", id, requests: [{ request_id: ID, status: "processing", last_seq: written }] });
        for (const event of log.slice(requests[0].after_seq, written)) talk.say(event);
      }
      talk.sent = [];
    };
    const late = [];
    for (const event of log) {
      written += 1;
      if (random.once(4)) late.push(event);
      else if (!random.once(4)) talk.say(event);
      if (random.once(5)) talk.say(random.pick(log.slice(0, written)));
      if (random.once(3) && late.length) talk.say(late.shift());
      if (random.once(6)) {
        talk.close();
        talk.open();
      }
      if (random.once(2)) answer();
    }
    talk.close();
    talk.open();
    answer();
    assert.deepEqual(
      (await all(stream)).map(({ seq }) => seq),
      log.map(({ seq }) => seq),
    );
  });
});

const rows = (number) => ({ rows: Array.from({ length: number }, () => ({ text: "[{\\" })) });
const batch = (count, payload) =>
  Array.from({ length: count }, (_, number) => ({ type: "request", action: "echo", id: String(number), payload }));

test("what the server could not read is refused before it is sent, because no answer would name it", async () => {
  const talk = new Talk().open({ frame_bytes: 2000, frame_containers: 50 });
  const submit = (payload) => talk.conversation.submit({ type: "request", action: "echo", id: "a", payload });
  assert.throws(() => submit({ text: "\ud83d" }), { name: "ValidationFailed", message: /half a character/ });
  assert.throws(() => submit({ text: "x".repeat(2000) }), { code: "PAYLOAD_TOO_LARGE", message: /of 2000 bytes/ });
  assert.throws(() => submit(rows(48)), { code: "PAYLOAD_TOO_LARGE", message: /51 of 50 containers/ });
  assert.throws(() => talk.conversation.ask({ type: "list", tag: "\udc00" }, true), ValidationFailed);
  assert.equal(talk.sent.length, 0);
  assert.equal(talk.conversation.isBusy, false);
  submit({ ...rows(47), text: "caf\u00e9 \u{1f600} \\ud83d" });
  assert.equal(talk.sentOf("request").length, 1);
});

test("a batch goes in as few messages as the server takes", () => {
  const sizes = (limits, frames) => {
    const talk = new Talk().open(limits);
    talk.conversation.submitMany(frames);
    for (const frame of talk.sent) {
      assert.ok(JSON.stringify(frame).length <= (limits.frame_bytes ?? 1 << 20));
    }
    return talk.sentOf("requests").map(({ requests }) => requests.length);
  };
  assert.deepEqual(sizes({}, batch(250, {})), [100, 100, 50]);
  assert.deepEqual(sizes({ frame_bytes: 4000 }, batch(8, { text: "x".repeat(900) })), [3, 3, 2]);
  assert.deepEqual(sizes({ frame_containers: 50 }, batch(5, rows(18))), [2, 2, 1]);
});

test("of a batch with one that cannot be sent, none is", () => {
  const talk = new Talk().open();
  const frames = [...batch(3, {}), { type: "request", action: "echo", id: "bad", payload: { text: "\ud83d" } }];
  assert.throws(() => talk.conversation.submitMany(frames), ValidationFailed);
  talk.close();
  talk.open();
  assert.equal(talk.sent.length, 0);
});

test("an id that is none spoils no other following", async () => {
  const talk = new Talk();
  const [good, bad] = [ID, "nonsense"].map((id) => talk.conversation.follow(id, 0));
  talk.open();
  const [together] = talk.sentOf("subscribe");
  assert.equal(together.requests.length, 2);
  const error = { code: "VALIDATION_ERROR", message: "requests[1].request_id: Invalid UUID", retryable: false };
  talk.say({ type: "error", id: together.id, error });
  const alone = talk.sentOf("subscribe").slice(1);
  for (const { id, requests } of alone) {
    const [{ request_id }] = requests;
    if (request_id === ID) talk.say({ type: "subscribed", id, requests: [{ request_id, status: "processing" }] });
    else talk.say({ type: "error", id, error });
  }
  talk.say(complete(1));
  assert.equal((await all(good)).length, 1);
  await assert.rejects(bad.end, ValidationFailed);
});

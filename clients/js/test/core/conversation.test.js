import assert from "node:assert/strict";
import { test } from "node:test";
import { NotFound, RequestCancelled, StreamerError, ValidationFailed } from "../../dist/index.js";
import { forSeeds } from "../fakes/random.js";
import { acknowledgment, complete, ID, progress, started } from "../fakes/service.js";
import { Talk } from "../fakes/talk.js";

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
  for (const { follower } of [first, second]) {
    assert.deepEqual(
      (await all(follower)).map(({ seq }) => seq),
      [1, 2, 3],
    );
  }
});

test("a request that never left is cancelled here, one on its way when it is acknowledged", async () => {
  const talk = new Talk();
  const never = talk.conversation.submit({ type: "request", action: "delay", id: "a" });
  talk.conversation.cancel(never);
  await assert.rejects(never.follower.end, RequestCancelled);
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
    const { follower } = talk.submitted();
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
      (await all(follower)).map(({ seq }) => seq),
      log.map(({ seq }) => seq),
    );
  });
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

import assert from "node:assert/strict";
import { test } from "node:test";
import { NotFound } from "../../dist/index.js";
import { Clock, settled } from "../fakes/clock.js";
import { collect, cut, empty, fakeFetch, httpClient, LIST, refusal, streams } from "../fakes/service.js";

const TOPIC = "tenant.acme.prices";
const PRICES = `GET /api/topics/${TOPIC}/`;

function price(seq) {
  return { type: "message", topic: TOPIC, seq, data: { seq } };
}

function placesOf(calls) {
  return calls.filter(({ path }) => path.startsWith("/api/topics/")).map(({ query }) => query.after_seq);
}

test("a topic comes as a stream, which goes on after the last number", async (context) => {
  const clock = new Clock(context);
  const [first, second] = streams(2);
  const { calls, fetch } = fakeFetch({ [LIST]: empty, [PRICES]: [first.response, second.response] });
  const client = httpClient(fetch);
  const topic = client.topic(TOPIC);
  const seen = [];
  collect(topic, seen);
  await clock.pass(0.1);
  first.say({ type: "subscribed", topic: TOPIC, last_seq: 4 });
  first.say(price(5));
  await settled();
  first.end();
  await clock.pass(2);
  second.say({ type: "subscribed", topic: TOPIC, last_seq: 6 });
  second.say(price(6));
  await settled();
  assert.deepEqual(
    seen.map(({ type, seq }) => seq ?? type),
    ["subscribed", 5, "subscribed", 6],
  );
  assert.deepEqual(placesOf(calls), [undefined, "5"]);
  assert.equal(topic.seq, 6);
  client.close();
});

test("a topic by long questions begins with where it is, and has each number once", async (context) => {
  const clock = new Clock(context);
  const pages = [
    { messages: [price(5), price(6)], last_seq: 6 },
    { messages: [], last_seq: 6 },
    { messages: [price(7)], last_seq: 7 },
  ];
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [PRICES]: [cut, cut, cut, ...pages, () => new Promise(() => {})],
  });
  const client = httpClient(fetch);
  const seen = [];
  collect(client.topic(TOPIC), seen);
  await clock.pass(20);
  assert.deepEqual(
    seen.map(({ type, seq, last_seq }) => [type, seq ?? last_seq]),
    [
      ["subscribed", 4],
      ["message", 5],
      ["message", 6],
      ["message", 7],
    ],
  );
  assert.deepEqual(placesOf(calls).slice(3), [undefined, "6", "6", "7"]);
  client.close();
});

test("a topic that begins at a number has the first page from there", async (context) => {
  const clock = new Clock(context);
  const waits = () => new Promise(() => {});
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [PRICES]: [cut, cut, cut, { messages: [price(3), price(4)], last_seq: 9 }, waits],
  });
  const client = httpClient(fetch);
  const seen = [];
  collect(client.topic(TOPIC, { afterSeq: 2 }), seen);
  await clock.pass(10);
  assert.deepEqual(
    seen.map(({ type, seq }) => seq ?? type),
    ["subscribed", 3, 4],
  );
  assert.deepEqual(placesOf(calls), ["2", "2", "2", "2", "4"]);
  client.close();
});

test("streams of a topic without numbers are no empty ones", async (context) => {
  const clock = new Clock(context);
  const cuts = streams(5);
  const { calls, fetch } = fakeFetch({ [LIST]: empty, [PRICES]: cuts.map(({ response }) => response) });
  const client = httpClient(fetch);
  const seen = [];
  collect(client.topic(TOPIC), seen);
  await clock.pass(0.1);
  for (const [number, stream] of cuts.entries()) {
    stream.say({ type: "subscribed", topic: TOPIC });
    stream.say({ type: "message", topic: TOPIC, data: number });
    await settled();
    stream.end();
    await clock.pass(2);
  }
  assert.deepEqual(
    seen.filter(({ type }) => type === "message").map(({ data }) => data),
    [0, 1, 2, 3, 4],
  );
  assert.notEqual(client.transport, "poll");
  assert.deepEqual([...new Set(placesOf(calls))], [undefined]);
  client.close();
});

test("a topic without numbers by long questions asks for no place", async (context) => {
  const clock = new Clock(context);
  const news = { type: "message", topic: TOPIC, data: 1 };
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    [PRICES]: [cut, cut, cut, { messages: [news] }, { messages: [news] }, () => new Promise(() => {})],
  });
  const client = httpClient(fetch);
  const seen = [];
  collect(client.topic(TOPIC), seen);
  await clock.pass(10);
  assert.equal(seen.filter(({ type }) => type === "message").length, 2);
  assert.deepEqual([...new Set(placesOf(calls))], [undefined]);
  client.close();
});

test("a topic that is asked for in turns waits a second for what is not kept", async (context) => {
  const clock = new Clock(context);
  const held = streams(4);
  const { calls, fetch } = fakeFetch({
    [LIST]: empty,
    "GET /api/topics/a/": held[0].response,
    "GET /api/topics/b/": held[1].response,
    "GET /api/topics/c/": held[2].response,
    "GET /api/topics/d/": held[3].response,
    [PRICES]: () => ({ messages: [price(1)] }),
  });
  const client = httpClient(fetch);
  for (const name of ["a", "b", "c", "d", TOPIC]) collect(client.topic(name), []);
  await clock.pass(1);
  assert.equal(calls.find(({ path }) => path.includes(TOPIC)).query.wait, "1");
  client.close();
});

test("a topic that may not be followed is not found", async (context) => {
  const clock = new Clock(context);
  const { fetch } = fakeFetch({ [LIST]: empty, [PRICES]: refusal(404, "NOT_FOUND") });
  const client = httpClient(fetch);
  const events = collect(client.topic(TOPIC));
  events.catch(() => {});
  await clock.pass(1);
  await assert.rejects(events, NotFound);
  client.close();
});

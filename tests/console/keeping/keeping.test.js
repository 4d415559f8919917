import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers } from "../../../realtime/static/streamer/keeping/answers.js";
import { Drafts } from "../../../realtime/static/streamer/keeping/drafts.js";
import { Kept, ownerOf } from "../../../realtime/static/streamer/keeping/kept.js";
import { Unsent } from "../../../realtime/static/streamer/keeping/unsent.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import { FakeStorage } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";

const schemaOf = () => ({});

function keptBy(owner, storage = new FakeStorage()) {
  const kept = new Kept(() => storage, "things");
  kept.begin(owner);
  return { kept, storage };
}

/** A store, and what this browser keeps of its answers. */
function answering(kept) {
  const store = new RequestStore();
  return { store, answers: new Answers(kept, store, schemaOf) };
}

function answer(store, id, data = { rows: 1 }, payload = { text: id }) {
  store.add(id, { action: "echo", payload, tags: [] });
  store.respond({ id, success: true, data });
}

test("what is kept is there after a reload, for its owner alone, and gone after signing out", () => {
  const { kept, storage } = keptBy("alice");
  kept.write([1]);
  assert.deepEqual(keptBy("alice", storage).kept.read(), [1]);
  assert.equal(keptBy("bob", storage).kept.read(), null);
  assert.equal(storage.texts.size, 0, "what the other one left is deleted");
  kept.begin("alice");
  kept.write([2]);
  kept.clear();
  kept.write([3]);
  assert.equal(storage.texts.size, 0);
  assert.notEqual(ownerOf({ sub: "a", tenant_id: "b" }), ownerOf({ sub: "a" }));
});

test("a browser without room, or without storage, breaks nothing", () => {
  const full = {
    getItem: () => null,
    removeItem: () => {},
    setItem: () => {
      throw new Error("full");
    },
  };
  const { kept } = keptBy("alice", full);
  kept.write([1]);
  assert.equal(kept.read(), null);
  assert.equal(keptBy("alice", null).kept.read(), null);
});

test("a draft comes back without its secrets", () => {
  const { kept } = keptBy("alice");
  new Drafts(kept, schemaOf).set("echo", { payload: { text: "x", password: "p" }, tags: ["t"] });
  assert.deepEqual(new Drafts(kept, schemaOf).get("echo"), { payload: { text: "x" }, tags: ["t"] });
  assert.equal(new Drafts(kept, schemaOf).get("other"), undefined);
});

test("of many or large drafts the oldest go", () => {
  const { kept, storage } = keptBy("alice");
  const drafts = new Drafts(kept, schemaOf);
  for (let number = 0; number < 30; number += 1) drafts.set(`a${number}`, { payload: {}, tags: [] });
  assert.deepEqual([drafts.get("a9"), Boolean(drafts.get("a10"))], [undefined, true]);
  drafts.set("large", { payload: { text: "x".repeat(190_000) }, tags: [] });
  drafts.set("larger", { payload: { text: "x".repeat(190_000) }, tags: [] });
  assert.deepEqual([Boolean(drafts.get("larger")), drafts.get("large")], [true, undefined]);
  assert.ok([...storage.texts.values()][0].length < 200_100);
});

test("an answer on the spot is in the list after a reload, for a day", (t) => {
  const time = new FakeTime(t);
  const { kept } = keptBy("alice");
  answer(answering(kept).store, "c1", { rows: 7 }, { text: "x", token: "s" });
  const again = answering(kept);
  again.answers.restore();
  const [record] = again.store.all();
  assert.deepEqual(
    [record.inline, record.status, record.result, record.payload, record.clientId],
    [true, "completed", { rows: 7 }, { text: "x" }, "c1"],
  );
  time.ms += 25 * 3600 * 1000;
  const later = answering(kept);
  later.answers.restore();
  assert.deepEqual([later.store.all(), kept.read()], [[], []]);
});

test("what the server refused is kept too, but for what its form shows", (t) => {
  new FakeTime(t);
  const { kept } = keptBy("alice");
  const { store } = answering(kept);
  for (const id of ["c1", "c2"]) {
    store.add(id, { action: "echo", payload: { text: id }, tags: [] });
    store.refuse(id, { code: "RATE_LIMITED", message: "Too many." });
  }
  store.remove(store.get("c2"));
  const again = answering(kept);
  again.answers.restore();
  assert.deepEqual(
    again.store.all().map(({ clientId, status, refused, inline }) => [clientId, status, refused, inline]),
    [["c1", "failed", true, false]],
  );
});

test("the newest fifty answers are kept, on the page too, and none that is large", (t) => {
  const time = new FakeTime(t);
  const { kept } = keptBy("alice");
  const { store } = answering(kept);
  for (let number = 0; number < 60; number += 1) {
    time.ms += 1;
    answer(store, `c${number}`);
  }
  answer(store, "large", { text: "x".repeat(30_000) });
  assert.equal(kept.read().length, 50);
  assert.equal(kept.read()[0].clientId, "c59");
  assert.equal(store.all().length, 50);
});

/** What a tab keeps of what it sent, in a store that is empty again after a reload. */
function sending(kept) {
  const store = new RequestStore();
  return { store, unsent: new Unsent(kept, store, schemaOf) };
}

test("what the server has not taken comes back after a reload with its id; what it has taken does not", () => {
  const { kept } = keptBy("alice");
  const { store } = sending(kept);
  store.add("a", { action: "echo", payload: { text: "1" }, tags: ["t"] });
  store.add("b", { action: "echo", payload: { text: "2" }, tags: [] });
  store.add("c", { action: "echo", payload: { text: "3" }, tags: [] });
  store.acknowledge({ id: "b", request_id: "r1" });
  store.refuse("c", { code: "RATE_LIMITED", message: "Too many." });
  const [entry, ...others] = sending(kept).unsent.restore();
  assert.deepEqual([entry.clientId, entry.action, entry.payload, entry.tags], ["a", "echo", { text: "1" }, ["t"]]);
  assert.deepEqual(others, []);
});

test("what is too old to go out, or had a secret, is shown as failed and not sent", (t) => {
  const time = new FakeTime(t);
  const { kept } = keptBy("alice");
  const before = sending(kept).store;
  before.add("old", { action: "echo", payload: { text: "1" }, tags: [] });
  time.ms += 11 * 60 * 1000;
  before.add("cut", { action: "echo", payload: { text: "2", password: "p" }, tags: [] });
  const { store, unsent } = sending(kept);
  assert.deepEqual(unsent.restore(), []);
  assert.deepEqual([store.get("old").status, store.get("cut").status], ["failed", "failed"]);
  assert.deepEqual(store.get("cut").payload, { text: "2" });
  assert.deepEqual(sending(kept).unsent.restore(), []);
});

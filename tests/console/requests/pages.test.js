import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_PAGE, LATER_PAGE, Pages } from "../../../realtime/static/streamer/requests/pages.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import { heard } from "../fakes/browser.js";
import { Random } from "../fakes/random.js";
import { settled } from "../fakes/time.js";

/** A store, its pages, and a server that has the states, newest first, and gives them page by page. */
function serving(stored) {
  const store = new RequestStore();
  const pages = new Pages(store);
  const server = [...stored].sort((a, b) => b.created_at - a.created_at);
  const list = async ({ status }, cursor, limit) => {
    const all = server.filter((one) => !status || one.status === status);
    const from = Number(cursor ?? 0);
    const records = all.slice(from, from + limit).map((one) => store.absorb(one));
    return { records, nextCursor: from + limit < all.length ? String(from + limit) : null };
  };
  return { store, pages, list };
}

const state = (number, more = {}) => ({
  request_id: `r${number}`,
  status: "completed",
  created_at: 1000 + number,
  ...more,
});
const states = (length, more) => Array.from({ length }, (_, index) => state(index, more));
const idsOf = (records) => records.map((record) => record.requestId);
const numbers = (from, to) => Array.from({ length: from - to + 1 }, (_, index) => `r${from - index}`);

test("the newest page comes first, the older ones after it, until there are no more", async () => {
  const { pages, list } = serving(states(150));
  await pages.read(FIRST_PAGE, list);
  assert.deepEqual([idsOf(pages.shown()), pages.hasMore], [numbers(149, 125), true]);
  await pages.read(LATER_PAGE, list);
  assert.deepEqual([idsOf(pages.shown()), pages.hasMore], [numbers(149, 25), true]);
  await pages.read(LATER_PAGE, list);
  assert.deepEqual([idsOf(pages.shown()), pages.hasMore], [numbers(149, 0), false]);
});

test("whatever order they came in, the newest stands first", async () => {
  const { store, pages, list } = serving(states(20));
  await pages.read(FIRST_PAGE, list);
  const random = new Random(1);
  for (let number = 20; number < 60; number += 1)
    store.absorb(state(number + random.between(0, 1000) / 1001, { status: "processing", request_id: `n${number}` }));
  const times = pages.shown().map((record) => record.createdAt);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  );
  assert.equal(times.length, 60);
});

test("what is older than the pages read so far stays hidden, unless it runs or was sent from here", async () => {
  const { store, pages, list } = serving(states(60).slice(10));
  await pages.read(FIRST_PAGE, list);
  store.absorb(state(1));
  store.absorb(state(2, { status: "processing" }));
  store.add("c1", { action: "echo", payload: {} });
  store.acknowledge({ id: "c1", request_id: "own" });
  const shown = idsOf(pages.shown());
  assert.deepEqual([shown.includes("r1"), shown.includes("r2"), shown.includes("own")], [false, true, true]);
});

test("a tag shows the requests that have it, of what is here and of what is read", async () => {
  const { store, pages } = serving([]);
  const asked = [];
  pages.filter = { status: "", tag: "nightly" };
  await pages.read(FIRST_PAGE, async (filter) => {
    asked.push(filter);
    return { records: [store.absorb(state(1, { tags: ["nightly", "x"] }))], nextCursor: null };
  });
  store.absorb(state(2, { tags: ["x"] }));
  store.add("c1", { action: "echo", tags: ["nightly"] });
  store.add("c2", { action: "echo" });
  assert.deepEqual(asked, [{ status: "", tag: "nightly" }]);
  assert.deepEqual(
    pages.shown().map((record) => record.requestId ?? record.clientId),
    ["c1", "r1"],
  );
});

test("a filter shows one status, of what is here and of what is read", async () => {
  const { store, pages, list } = serving([...states(10), state(11, { status: "failed" })]);
  pages.filter = { status: "failed", tag: "" };
  await pages.read(FIRST_PAGE, list);
  store.absorb(state(12));
  assert.deepEqual(idsOf(pages.shown()), ["r11"]);
});

test("a text is looked for in what is here, and nothing is let go on its account", async () => {
  const { store, pages, list } = serving(states(150, { action: "echo" }));
  await pages.read(FIRST_PAGE, list);
  await pages.read(LATER_PAGE, list);
  pages.filter = { ...pages.filter, text: "r14" };
  assert.deepEqual(idsOf(pages.trim().kept), numbers(149, 140));
  pages.filter = { ...pages.filter, text: "" };
  assert.equal(pages.trim().kept.length, 125);
  store.absorb(state(3));
  pages.filter = { ...pages.filter, text: "r3" };
  assert.equal(pages.shown().at(-1).requestId, "r3", "one that is looked for by its id is shown, however old");
});

test("what the server never stored stays under every filter", async () => {
  const { store, pages, list } = serving(states(5));
  await pages.read(FIRST_PAGE, list);
  store.add("c1", { action: "echo", payload: {} });
  store.respond({ id: "c1", success: true, data: {} });
  pages.filter = { ...pages.filter, status: "failed" };
  assert.deepEqual(idsOf(pages.trim().kept), []);
  pages.filter = { ...pages.filter, status: "" };
  assert.equal(pages.trim().kept[0].clientId, "c1");
});

test("of thousands that passed by, as many are kept as were asked for, and those that run", async () => {
  const { store, pages, list } = serving(states(30));
  await pages.read(FIRST_PAGE, list);
  store.absorb(state(0, { request_id: "slow", status: "processing" }));
  for (let number = 30; number < 154; number += 1) store.absorb(state(number));
  assert.equal(pages.trim().trimmed, true);
  const { kept, trimmed } = pages.trim();
  assert.deepEqual([idsOf(kept), trimmed], [[...numbers(153, 129), "slow"], false]);
  assert.equal(store.all().length, 26);
});

test("below the spare hundred nothing is let go, and nothing is told of it", async () => {
  const { store, pages, list } = serving(states(25));
  await pages.read(FIRST_PAGE, list);
  for (let number = 25; number < 125; number += 1) store.absorb(state(number));
  const removed = heard(store, "remove");
  const { kept, trimmed } = pages.trim();
  assert.deepEqual([kept.length, trimmed, store.all().length, removed], [125, false, 125, []]);
});

test("after some were let go, reading on begins at the top and ends below them", async () => {
  const { store, pages, list } = serving(states(400));
  await pages.read(FIRST_PAGE, list);
  for (let number = 400; number < 600; number += 1) store.absorb(state(number));
  pages.trim();
  assert.equal(pages.shown().length, 25);
  const oldest = pages.shown().at(-1).createdAt;
  await pages.read(LATER_PAGE, list);
  assert.ok(pages.shown().at(-1).createdAt < oldest);
});

test("a newer reading takes the place of an older one, whatever becomes of it", async () => {
  const { pages, list } = serving(states(10));
  let answer;
  const slow = () => new Promise((resolve, reject) => (answer = { resolve, reject }));
  const first = pages.read(FIRST_PAGE, slow);
  const older = answer;
  const second = pages.read(FIRST_PAGE, list);
  await settled();
  older.reject(new Error("The connection was lost."));
  assert.deepEqual([await first, await second], [false, true]);
  const third = pages.read(FIRST_PAGE, slow);
  pages.clear();
  answer.resolve({ records: [], nextCursor: null });
  assert.equal(await third, false);
});

test("a reading that was dropped tells nothing, and what was read before it stays", async () => {
  const { pages, list } = serving(states(30));
  await pages.read(FIRST_PAGE, list);
  const reading = pages.read(LATER_PAGE, list);
  pages.drop();
  assert.equal(await reading, false);
  assert.deepEqual([idsOf(pages.shown()), pages.hasMore], [numbers(29, 5), true]);
});

test("a reading that fails says so", async () => {
  const { pages } = serving([]);
  const lost = async () => Promise.reject(new Error("The connection was lost."));
  await assert.rejects(pages.read(FIRST_PAGE, lost), /lost/);
});

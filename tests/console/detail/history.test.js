import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, isStored, lacksBeginning } from "../../../realtime/static/streamer/detail/history.js";
import { RequestStore } from "../../../realtime/static/streamer/requests/store.js";
import "../fakes/browser.js";

/** A server whose request has events from `first` to `last`, and gives `page` of them at a time. */
function serving({ first = 1, last, page, state = {} }) {
  const store = new RequestStore();
  const record = store.absorb({ request_id: "r1", status: "completed", seq: last });
  const asked = [];
  const api = {
    request: async () => state,
    events: async (_, after) => {
      asked.push(after);
      const from = Math.max(first, after + 1);
      const length = Math.max(0, Math.min(page, last - from + 1));
      const events = Array.from({ length }, (__, index) => ({ type: "progress", seq: from + index }));
      return { events, last_seq: last };
    },
  };
  return { store, record, api, asked };
}

test("all events are fetched, page after page, and none is asked for twice", async () => {
  const { store, record, api, asked } = serving({ last: 25, page: 10 });
  await complete(record, { api, store });
  assert.deepEqual(asked, [0, 10, 20]);
  assert.equal(record.events.size, 25);
  assert.equal(lacksBeginning(record), false);
});

test("a log that no longer reaches back is said to lack its beginning", async () => {
  const { store, record, api } = serving({ first: 5, last: 9, page: 10 });
  await complete(record, { api, store });
  assert.equal(lacksBeginning(record), true);
});

test("a request without events needs one question", async () => {
  const { store, record, api, asked } = serving({ last: 0, page: 10 });
  await complete(record, { api, store });
  assert.deepEqual([asked, lacksBeginning(record)], [[0], false]);
});

test("a log without end does not keep the page busy for ever", async () => {
  const { store, record, api, asked } = serving({ last: 1_000_000, page: 1 });
  await complete(record, { api, store });
  assert.equal(asked.length, 20);
});

test("payload and files come from the server, and what was known stays where it has none", async () => {
  const file = { url: "/f", filename: "a.pdf" };
  const { store, record, api } = serving({ last: 0, page: 1, state: { payload: { a: 1 }, artifacts: [] } });
  record.artifacts = [file];
  await complete(record, { api, store });
  assert.deepEqual([record.payload, record.artifacts], [{ a: 1 }, [file]]);
});

test("what the server never stored is not asked for", () => {
  const { record } = serving({ last: 1, page: 1 });
  assert.equal(isStored(record), true);
  assert.equal(isStored({ ...record, inline: true }), false);
  assert.equal(isStored({ ...record, refused: true }), false);
  assert.equal(isStored({ ...record, requestId: null }), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, fetchFiles, lacksBeginning } from "../../../realtime/static/streamer/detail/history.js";
import { artifactsOf, countFiles } from "../../../realtime/static/streamer/files/artifacts.js";
import { isStored } from "../../../realtime/static/streamer/requests/record.js";
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

test("what the feed left out, because it is large, is fetched", async () => {
  const { store, record, api } = serving({ last: 0, page: 10, state: { result: { rows: 3 } } });
  await complete(record, { api, store });
  assert.deepEqual(record.result, { rows: 3 });
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

test("files that no message lists are fetched page after page", async () => {
  const { store, record } = serving({ last: 0, page: 1 });
  store.absorb({
    request_id: "r1",
    status: "completed",
    seq: 0,
    artifacts: [{ artifact_id: "3" }],
    artifacts_total: 3,
  });
  assert.equal(countFiles(record), 3);
  const pages = { null: [["3", "2"], "next"], next: [["1"], null] };
  const files = async (_, cursor) => {
    const [ids, next_cursor] = pages[cursor];
    return { artifacts: ids.map((artifact_id) => ({ artifact_id })), next_cursor };
  };
  await fetchFiles(record, { api: { files }, store });
  assert.deepEqual(
    artifactsOf(record).map((file) => file.artifact_id),
    ["3", "2", "1"],
  );
  assert.equal(countFiles(record), 3);
});

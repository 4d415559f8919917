import assert from "node:assert/strict";
import { test } from "node:test";
import { Datasets } from "../../../realtime/static/streamer/datasets/store.js";
import "../fakes/browser.js";

const page = (names, more = {}) => ({
  datasets: names.map((name) => ({ name, dataset_id: `id-${name}` })),
  used_bytes: 5,
  next_cursor: null,
  ...more,
});

test("pages are joined, and read anew from the first", async () => {
  const pages = { null: page(["a"], { next_cursor: "c1" }), c1: page(["b"]) };
  const datasets = new Datasets({ datasets: async (cursor) => pages[String(cursor)] });
  await datasets.load();
  assert.equal(datasets.hasMore, true);
  await datasets.more();
  const names = async () => (await datasets.toChoose()).map(({ name }) => name);
  assert.deepEqual([await names(), datasets.hasMore], [["a", "b"], false]);
  await datasets.load();
  assert.deepEqual(await names(), ["a"]);
});

test("an answer that comes after signing out is not shown", async () => {
  let answer;
  const datasets = new Datasets({ datasets: () => new Promise((resolve) => (answer = resolve)) });
  const reading = datasets.load();
  datasets.clear();
  answer(page(["of somebody else"]));
  await reading;
  assert.deepEqual([datasets.all, datasets.state], [[], "idle"]);
});

test("a failure keeps what was there, and says what is wrong", async () => {
  const answers = [async () => page(["a"]), async () => Promise.reject(new Error("The server cannot be reached."))];
  const datasets = new Datasets({ datasets: () => answers.shift()() });
  await datasets.load();
  await datasets.load();
  assert.deepEqual(
    [datasets.state, datasets.failure, datasets.all.length],
    ["failed", "The server cannot be reached.", 1],
  );
});

test("what somebody else has deleted already is deleted", async () => {
  const faults = [Object.assign(new Error("Gone."), { status: 404 }), Object.assign(new Error("No."), { status: 403 })];
  const datasets = new Datasets({
    deleteDataset: async () => Promise.reject(faults.shift()),
    datasets: async () => page([]),
  });
  await datasets.delete({ dataset_id: "a" });
  await assert.rejects(datasets.delete({ dataset_id: "a" }), /No/);
});

test("the columns to suggest are known, or asked for, or none", async () => {
  const columns = [{ name: "town" }, { name: "amount" }];
  const asked = [];
  const datasets = new Datasets({
    datasets: async () => ({ ...page([]), datasets: [{ name: "sales", dataset_id: "d1", columns }] }),
    dataset: async (id) => {
      asked.push(id);
      if (id === "other") return { columns: [{ name: "x" }] };
      throw new Error("Not found");
    },
  });
  await datasets.load();
  const names = await Promise.all(["sales", "d1", "other", "nowhere", ""].map((id) => datasets.columns(id)));
  assert.deepEqual(
    names.map((columnsOfOne) => columnsOfOne.map(({ name }) => name)),
    [["town", "amount"], ["town", "amount"], ["x"], [], []],
  );
  assert.deepEqual(asked, ["other", "nowhere"]);
});

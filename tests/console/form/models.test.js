import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsIn } from "../../../realtime/static/streamer/form/models.js";

const file = (id, filename) => ({ artifact_id: id, filename, url: `/files/${id}` });

test("the models of completed requests can be chosen, the newest first", () => {
  const record = {
    status: "completed",
    title: "Learn rent · flats",
    result: { summary: { model: "gradient boosting" } },
  };
  const models = modelsIn([
    { ...record, finishedAt: 1000, artifacts: [file("a", "model.skops"), file("b", "report.pdf")] },
    { ...record, finishedAt: 2000, artifacts: [file("c", "model.skops")] },
    { ...record, status: "failed", finishedAt: 3000, artifacts: [file("d", "model.skops")] },
  ]);
  assert.deepEqual(
    models.map(({ value }) => value),
    ["c", "a"],
  );
  assert.equal(models[0].label, "Learn rent · flats");
  assert.match(models[0].about, /^gradient boosting, /);
});

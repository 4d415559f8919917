/** The models that requests have made, to choose one of. No DOM here. */

import { artifactsOf } from "../files/artifacts.js";
import { time } from "../ground/format.js";

/** → `[{value, label, about}]`, the newest first; `value` is the id of the file. */
export function modelsIn(records) {
  return records
    .filter(({ status }) => status === "completed")
    .sort((a, b) => endOf(b) - endOf(a))
    .flatMap((record) => {
      const models = artifactsOf(record).filter(({ filename }) => filename.endsWith(".skops"));
      const about = [record.result?.summary?.model, time(endOf(record))].filter(Boolean).join(", ");
      return models.map((file) => ({ value: file.artifact_id, label: record.title || file.filename, about }));
    });
}

function endOf({ finishedAt, createdAt }) {
  return finishedAt ?? createdAt;
}

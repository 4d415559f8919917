/** Find the files of a request in what is known of it. No I/O here. */

const TYPES = {
  "application/pdf": "PDF",
  "application/json": "JSON",
  "application/jsonl": "JSON Lines",
  "application/x-ndjson": "JSON Lines",
  "application/vnd.apache.parquet": "Parquet",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
  "text/csv": "CSV",
  "text/plain": "Text",
  "application/zip": "ZIP",
};

/** The files of a record: as the server listed them, or those that the result itself describes. */
export function artifactsOf(record) {
  if (record.artifacts?.length) return record.artifacts;
  const result = record.result ?? record.receipt ?? {};
  return [result, result.output, ...Object.values(result.artifacts ?? {})].filter(isFile);
}

/** The number of a record's files. The server lists the first hundred and says how many there are. */
export function countFiles(record) {
  return Math.max(artifactsOf(record).length, record.artifactsTotal ?? 0);
}

/** Take the files that a message or an answer lists; `known` stay where it lists none. */
export function takeFiles(record, said, known = null) {
  record.artifacts = said.artifacts ?? known;
  record.artifactsTotal = said.artifacts_total ?? (said.artifacts ? null : record.artifactsTotal);
}

/** Any part of a result may have a `url`; only a file's comes with its name. */
export function isFile(value) {
  return typeof value?.url === "string" && typeof value.filename === "string";
}

/** What kind of file it is, as people call it; empty where nothing tells. */
export function typeText({ media_type: type, filename }) {
  const known = TYPES[type?.split(";")[0]];
  return known ?? filename?.match(/\.(\w{1,8})$/)?.[1].toUpperCase() ?? "";
}

/** A file is kept for longer: its new description takes the place of the old one. */
export function replaceFile(record, file) {
  record.artifacts = artifactsOf(record).map((old) => (old.artifact_id === file.artifact_id ? file : old));
}

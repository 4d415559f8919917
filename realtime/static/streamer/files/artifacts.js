/** Find the files of a request in what is known of it. No I/O here. */

/** The files of a record: as the server listed them, or those that the result itself describes. */
export function artifactsOf(record) {
  if (record.artifacts?.length) return record.artifacts;
  const result = record.result ?? record.receipt ?? {};
  return [result, result.output, ...Object.values(result.artifacts ?? {})].filter(isFile);
}

/** Any part of a result may have a `url`; only a file's comes with its name. */
export function isFile(value) {
  return typeof value?.url === "string" && typeof value.filename === "string";
}

/** A file is kept for longer: its new description takes the place of the old one. */
export function replaceFile(record, file) {
  record.artifacts = artifactsOf(record).map((old) => (old.artifact_id === file.artifact_id ? file : old));
}

/** Fetch what the socket did not tell of a request: payload, files, events of before this page. No DOM here. */

import { takeFiles } from "../files/artifacts.js";

const MAX_PAGES = 20;

/** Complete the record. Throws ApiError. */
export async function complete(record, { api, store }) {
  const state = await api.request(record.requestId);
  record.payload = state.payload ?? record.payload;
  // The feed leaves out what is large.
  for (const name of ["result", "receipt", "error"]) record[name] = state[name] ?? record[name];
  if (state.artifacts?.length) takeFiles(record, state);
  await fetchEvents(record, { api, store });
}

/** Fetch the files that no message lists, up to `MAX_PAGES` pages of them. Throws ApiError. */
export async function fetchFiles(record, { api, store }) {
  const all = [];
  let cursor = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { artifacts, next_cursor: next } = await api.files(record.requestId, cursor);
    all.push(...artifacts);
    cursor = next;
    if (!cursor) break;
  }
  takeFiles(record, { artifacts: all, artifacts_total: cursor ? record.artifactsTotal : undefined });
  store.changed(record);
}

/** Whether the first events are missing still: of very many, only the last are kept. */
export function lacksBeginning(record) {
  return record.seq > 0 && !record.events.has(1);
}

async function fetchEvents(record, { api, store }) {
  let after = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { events, last_seq: last } = await api.events(record.requestId, after);
    store.fillEvents(record, events);
    after = events.at(-1)?.seq ?? last;
    if (after >= last) return;
  }
}

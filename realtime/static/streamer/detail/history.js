/** Fetch what the socket did not tell of a request: payload, files, events of before this page. No DOM here. */

const MAX_PAGES = 20;

/** Whether the server has more of this request than the socket told. */
export function isStored(record) {
  return Boolean(record.requestId) && !record.inline && !record.refused;
}

/** Complete the record. Throws ApiError. */
export async function complete(record, { api, store }) {
  const state = await api.request(record.requestId);
  record.payload = state.payload ?? record.payload;
  record.artifacts = state.artifacts?.length ? state.artifacts : record.artifacts;
  await fetchEvents(record, { api, store });
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

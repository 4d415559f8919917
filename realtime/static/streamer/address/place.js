/** Write what the page shows into the fragment of its address, and read it. No DOM here. */

import { NO_FILTER } from "../requests/matching.js";

/**
 * `section`: `new`, `requests` or `datasets`. `action`, `payload` and `tags`: the form that is open; `request` and
 * `dataset`: the ids of what is open; `filter`: of the list of requests.
 */
export const START = Object.freeze({
  section: "new",
  action: null,
  payload: null,
  tags: [],
  request: null,
  dataset: null,
  filter: NO_FILTER,
});

/** Longer ones do not survive mail and chat programs. */
export const MAX_CHARACTERS = 4000;
const FILTER_NAMES = { text: "q", status: "status", action: "action", tag: "tag", from: "from", to: "to" };
const STATUSES = new Set(["pending", "processing", "retrying", "completed", "failed", "cancelled"]);
const DAY = /^\d{4}-\d\d-\d\d$/;
const OPEN = { new: "action", requests: "request", datasets: "dataset" };

/** → `#/requests/5f0c…?status=failed`. A payload that makes it too long is left out. */
export function fragmentOf(place) {
  const whole = fragment(place);
  return whole.length > MAX_CHARACTERS && place.payload ? fragment({ ...place, payload: null }) : whole;
}

/** What a fragment says, with the start for what it leaves out; null when it is none of this page's. */
export function placeOf(text) {
  const [, path, query = ""] = /^#\/([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  if (path === undefined) return null;
  const [section, opened] = path.split("/").map(decoded);
  const said = new URLSearchParams(query);
  const place = { ...START, filter: filterOf(said) };
  if (section in OPEN) Object.assign(place, { section, [OPEN[section]]: opened || null });
  if (place.action) Object.assign(place, { payload: objectOf(said.get("payload")), tags: said.getAll("with") });
  return place;
}

function fragment({ section, action, payload, tags, filter, ...ids }) {
  const opened = { action, ...ids }[OPEN[section]];
  const query = new URLSearchParams();
  if (section === "new" && action) {
    if (payload && Object.keys(payload).length) query.set("payload", JSON.stringify(payload));
    for (const tag of tags) query.append("with", tag);
  }
  // Datasets have no filter.
  for (const [name, parameter] of Object.entries(section === "datasets" ? {} : FILTER_NAMES))
    if (filter[name]) query.set(parameter, filter[name]);
  const path = opened ? `${section}/${encodeURIComponent(opened)}` : section;
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

function filterOf(said) {
  const entries = Object.entries(FILTER_NAMES).map(([name, parameter]) => [name, said.get(parameter) ?? ""]);
  const filter = Object.fromEntries(entries);
  if (!STATUSES.has(filter.status)) filter.status = "";
  for (const name of ["from", "to"]) if (!DAY.test(filter[name])) filter[name] = "";
  return filter;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function objectOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

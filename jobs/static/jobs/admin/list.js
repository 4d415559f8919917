// Keeps a list of requests up to date: its live rows change in place, and new ones are announced, not pushed in.

import { morph } from "./morph.js";
import { poll } from "./poll.js";
import { localise } from "./times.js";

const LIVE_MS = 2000;
const IDLE_MS = 5000;
const ENDED = new Set(["completed", "failed", "cancelled"]);
const ID = /([0-9a-f-]{36})\/change\//;
const news = document.getElementById("list-news");

if (news) {
  poll({ url, apply, everyMs: () => (liveRows().size ? LIVE_MS : IDLE_MS), place: news });
}

/** Maps the ids of the rows that may change to their `<tr>`. */
function liveRows() {
  const rows = new Map();
  for (const row of document.querySelectorAll("#result_list tbody tr")) {
    const id = row.querySelector("th a")?.getAttribute("href").match(ID)?.[1];
    const kind = row.querySelector(".field-state [data-kind]")?.dataset.kind;
    if (id && !ENDED.has(kind)) rows.set(id, row);
  }
  return rows;
}

function url() {
  const parameters = new URLSearchParams(location.search);
  parameters.set("_ids", [...liveRows().keys()].join(","));
  parameters.set("_after", news.dataset.after);
  return `${news.dataset.url}?${parameters}`;
}

async function apply(response) {
  const { rows, news: text } = await response.json();
  const shown = liveRows();
  for (const [id, cells] of Object.entries(rows)) {
    if (shown.has(id)) update(shown.get(id), cells);
  }
  const link = news.querySelector("a");
  if (link.textContent !== text) link.textContent = text;
  link.hidden = !text;
  return true;
}

function update(row, cells) {
  const fresh = document.createElement("template");
  fresh.innerHTML = `<table><tbody><tr>${cells}</tr></tbody></table>`;
  localise(fresh.content);
  const line = fresh.content.querySelector("tr");
  line.className = row.className;
  morph(row, line);
}

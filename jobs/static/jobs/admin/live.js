// Keeps the page of a live request up to date: fetches its changing parts every two seconds and brings the page to them.

import { morph } from "./morph.js";
import { poll } from "./poll.js";
import { localise } from "./times.js";

const EVERY_MS = 2000;
const region = document.getElementById("live");

if (region && isLive()) {
  poll({ url: () => region.dataset.url, apply, everyMs: () => EVERY_MS, place: region });
}

function isLive() {
  return region.querySelector("[data-live]")?.dataset.live === "true";
}

async function apply(response) {
  const fresh = document.createElement("template");
  fresh.innerHTML = await response.text();
  localise(fresh.content);
  for (const part of [...fresh.content.children]) {
    morph(region.querySelector(`[data-part="${part.dataset.part}"]`), part);
  }
  return isLive();
}

// Keeps the page that says what is away up to date, and leaves it as soon as the page that was wanted can be shown.

import { morph } from "./morph.js";
import { poll } from "./poll.js";
import { localise } from "./times.js";

const EVERY_MS = 5000;
const shown = document.getElementById("content");

poll({
  url: () => location.href,
  apply: leave,
  everyMs: () => EVERY_MS,
  place: shown,
  fail: refresh,
});

function leave() {
  location.replace(location.href); // after a form too, whose answer this page was
  return false;
}

async function refresh(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("content");
  if (!fresh) return; // the answer of a proxy
  localise(fresh);
  morph(shown, document.adoptNode(fresh));
}

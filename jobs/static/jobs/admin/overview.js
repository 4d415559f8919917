// Keeps the overview on the first page of the admin up to date: fetches the page and takes the overview out of it.
// It says how old its figures are, so that a server that has stopped answering is seen at once.

import { watchCharts } from "./charts.js";
import { morph } from "./morph.js";
import { poll } from "./poll.js";
import { localise } from "./times.js";

const EVERY_MS = 5000;
const TICK_MS = 1000;
const OLD_SECONDS = 20;
const shown = document.getElementById("overview");
let receivedAt = performance.now();
let isAway = false;

if (shown) {
  const charts = watchCharts(shown);
  poll({
    url: () => location.pathname + location.search,
    apply: (response) => apply(response, charts),
    everyMs: () => EVERY_MS,
    place: shown,
    fail: tellWhatIsAway,
  });
  tellAge();
  setInterval(tellAge, TICK_MS);
}

async function apply(response, charts) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("overview");
  if (!fresh) return false; // the reader may not see it any more
  localise(fresh);
  receivedAt = performance.now();
  isAway = false;
  tellAge(fresh);
  charts.show(fresh);
  morph(shown, document.adoptNode(fresh));
  return true;
}

/** Shows the verdict of the page that says what is away, above the last figures. Other answers have none. */
async function tellWhatIsAway(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("overview-verdict");
  const verdict = document.getElementById("overview-verdict");
  if (!fresh || !verdict) return;
  localise(fresh);
  isAway = true;
  morph(verdict, document.adoptNode(fresh));
  tellAge();
}

/** Writes the age by the clock of this page alone: that of the server may differ. */
function tellAge(region = shown) {
  const note = region.querySelector("#overview-age");
  if (!note || document.hidden) return;
  const seconds = Math.round(Number(region.dataset.age) + (performance.now() - receivedAt) / 1000);
  const isOld = isAway || seconds > OLD_SECONDS;
  write(
    note,
    isOld
      ? `${seconds} s old: the server gives no newer figures. It is tried again every 5 s.`
      : `${seconds} s old, refreshed every 5 s`,
  );
  note.dataset.kind = isOld ? "failed" : "";
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

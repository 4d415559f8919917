// Shows times in the reader's zone, as the console does (docs/reference/words.md), and how long ago or ahead they are.
// The admin has its own copy of the few formats, because it also works where the console is not installed.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const UNITS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];
const EVERY_MS = 20_000;

localise(document);
setInterval(() => document.hidden || localise(document), EVERY_MS);

/** Writes the times below `root`. One with `data-exact` keeps its text and gets the title alone. */
export function localise(root) {
  for (const node of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(node.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    write(node, "title", FULL.format(moment));
    if ("exact" in node.dataset) continue;
    write(node.querySelector(".st-clock"), "textContent", clock(moment));
    write(node.querySelector(".st-ago"), "textContent", relative(moment));
  }
}

function write(node, property, text) {
  if (node && node[property] !== text) node[property] = text;
}

function clock(moment) {
  return moment.toDateString() === new Date().toDateString() ? CLOCK.format(moment) : DAY.format(moment);
}

function relative(moment) {
  const seconds = (Date.now() - moment) / 1000;
  const [size, unit] = UNITS.find(([least]) => Math.abs(seconds) >= least) ?? [1, "s"];
  const rough = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
  return seconds >= 0 ? `${rough} ago` : `in ${rough}`;
}

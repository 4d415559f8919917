/** Write the title of the browser's tab: how what runs gets on. No DOM here. */

const NAME = "Streamer console";

/**
 * "43 % · Report" of one that runs, "3 running · 12 %" of several, with the one that has come least far; `titleOf(record)`
 * gives the title of a request.
 */
export function tabTitle(live, titleOf) {
  const running = live.filter((record) => record.status === "processing");
  if (live.length === 0) return NAME;
  if (live.length === 1) return `${shareOf(live[0])} · ${titleOf(live[0])}`;
  if (running.length === 0) return `${live.length} waiting · ${NAME}`;
  return `${live.length} under way · ${Math.floor(lowest(running))} % · ${NAME}`;
}

/** From 0 to 100 for the icon of the tab; null when nothing runs. */
export function tabShare(live) {
  const running = live.filter((record) => record.status === "processing");
  return running.length === 0 ? null : lowest(running);
}

function shareOf(record) {
  return record.status === "processing" ? `${Math.floor(record.percentage)} %` : "Waiting";
}

function lowest(running) {
  return Math.min(...running.map((record) => record.percentage));
}

// Reads the charts aloud: the step below the pointer, or the one that the arrow keys have chosen.

const STEP = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAY_MS = 86_400_000;
const MOVES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

/** Listens to the charts below `region`. `show(root)` marks the chosen step in a newer state of them. */
export function watchCharts(region) {
  let chosen = null; // {id, index}

  function choose(plot, index) {
    const count = readingsOf(plot).length;
    chosen = { id: plot.closest(".st-chart").id, index: Math.max(0, Math.min(index, count - 1)) };
    show(region);
  }

  function leave() {
    chosen = null;
    show(region);
  }

  function show(root) {
    for (const chart of root.querySelectorAll(".st-chart")) {
      mark(chart, chart.id === chosen?.id ? chosen.index : null);
    }
  }

  region.addEventListener("pointermove", (event) => {
    const plot = event.target.closest(".st-plot");
    if (plot) choose(plot, stepAt(plot, event.clientX));
    else if (chosen && !region.contains(document.activeElement?.closest(".st-plot"))) leave();
  });
  region.addEventListener("pointerleave", leave);
  region.addEventListener("focusin", (event) => {
    if (event.target.matches(".st-plot:focus-visible")) choose(event.target, Number.POSITIVE_INFINITY);
  });
  region.addEventListener("focusout", (event) => event.target.matches(".st-plot") && leave());
  region.addEventListener("keydown", (event) => {
    const plot = event.target.closest(".st-plot");
    if (!plot) return;
    const index = chosen?.index ?? 0;
    const next = { Home: 0, End: Number.POSITIVE_INFINITY }[event.key] ?? index + (MOVES[event.key] ?? Number.NaN);
    if (Number.isNaN(next)) return;
    event.preventDefault();
    choose(plot, next);
  });
  return { show };
}

function readingsOf(node) {
  return JSON.parse(node.closest(".st-chart").dataset.readings);
}

function stepAt(plot, x) {
  const { left, width } = plot.getBoundingClientRect();
  return Math.floor(((x - left) / width) * readingsOf(plot).length);
}

function mark(chart, index) {
  const text = chart.querySelector(".st-reading");
  const cursor = chart.querySelector(".st-cursor");
  cursor.hidden = index === null;
  if (index === null) {
    write(text, text.dataset.summary);
    return;
  }
  const readings = readingsOf(chart);
  cursor.style.left = `${((index + 0.5) / readings.length) * 100}%`;
  write(text, `${momentOf(chart, index)}: ${readings[index]}`);
}

function momentOf(chart, index) {
  const moment = new Date(new Date(chart.dataset.begin).getTime() + index * Number(chart.dataset.step) * 1000);
  return (Date.now() - moment < DAY_MS ? STEP : DAY).format(moment);
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

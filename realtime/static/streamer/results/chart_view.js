/** Draw a chart as SVG, as wide as its place, with all of its values in a table below. */

import { fill, h, svg } from "../ground/dom.js";
import { dataTable } from "../ground/table.js";
import { layBars, layLines, sentenceOf } from "./chart.js";

const LEAST_WIDTH = 240;

export function chartFigure(chart) {
  const box = h("div", { class: "chart-box" });
  let drawn = 0;
  const draw = ([{ contentRect }]) => {
    const width = Math.max(LEAST_WIDTH, Math.floor(contentRect.width));
    if (contentRect.width === 0 || width === drawn) return;
    drawn = width;
    fill(box, drawing(chart, width));
  };
  new ResizeObserver(draw).observe(box);
  return h(
    "figure",
    { class: "chart", "data-testid": "chart", "data-kind": chart.kind },
    h("figcaption", {}, chart.title),
    chart.series.length > 1 ? legend(chart.series) : null,
    box,
    h(
      "details",
      { class: "folded" },
      h("summary", {}, "As a table"),
      dataTable(chart.table, { label: chart.title, testid: "chart-table" }),
    ),
  );
}

function drawing(chart, width) {
  const laid = chart.kind === "bar" ? layBars(chart, width) : layLines(chart, width);
  const { plot, height } = laid;
  const props = { class: "chart-drawing", width, height, viewBox: `0 0 ${width} ${height}`, role: "img" };
  const parts = chart.kind === "bar" ? bars(laid, chart) : lines(laid, chart);
  const frame = svg("line", { class: "chart-axis", x1: plot.left, x2: plot.left, y1: plot.top, y2: plot.bottom });
  return svg("svg", { ...props, "aria-label": sentenceOf(chart) }, parts, chart.kind === "bar" ? null : frame);
}

function bars({ plot, ticks, bars: all, zero, width, height }, { labelName, valueName }) {
  return [
    ticks.map(({ at, text }) => [
      svg("line", { class: "chart-grid", x1: at, x2: at, y1: plot.top, y2: plot.bottom }),
      svg("text", { class: "chart-tick", x: at, y: plot.bottom + 16, "text-anchor": "middle" }, text),
    ]),
    all.map((bar) => [
      svg("text", { class: "chart-label", x: plot.left - 8, y: bar.middle, "text-anchor": "end" }, bar.label),
      svg(
        "rect",
        { class: "chart-bar", x: bar.x, y: bar.y, width: bar.width, height: bar.height, rx: 3 },
        svg("title", {}, `${bar.name}: ${bar.text}`),
      ),
      svg("text", { class: "chart-value", x: bar.textAt, y: bar.middle }, bar.text),
    ]),
    svg("line", { class: "chart-axis", x1: zero, x2: zero, y1: plot.top, y2: plot.bottom }),
    svg("text", { class: "chart-name", x: plot.left - 8, y: height - 6, "text-anchor": "end" }, labelName),
    svg(
      "text",
      { class: "chart-name", x: Math.min(plot.right, width), y: height - 6, "text-anchor": "end" },
      valueName,
    ),
  ];
}

function lines({ plot, ticks, labels, lines: all, height }, { labelName, valueName }) {
  return [
    ticks.map(({ at, text }) => [
      svg("line", { class: "chart-grid", x1: plot.left, x2: plot.right, y1: at, y2: at }),
      svg("text", { class: "chart-label", x: plot.left - 6, y: at, "text-anchor": "end" }, text),
    ]),
    labels.map(({ at, text, anchor }) =>
      svg("text", { class: "chart-tick", x: at, y: plot.bottom + 16, "text-anchor": anchor }, text),
    ),
    all.map(({ points }, index) => [
      svg("polyline", {
        class: "chart-line",
        "data-series": index,
        points: points.map(({ x, y }) => `${x},${y}`).join(" "),
      }),
      points.map(({ x, y, text, name }) =>
        svg(
          "circle",
          { class: "chart-point", "data-series": index, cx: x, cy: y, r: 3.5 },
          svg("title", {}, `${name}: ${text}`),
        ),
      ),
    ]),
    svg("text", { class: "chart-name", x: plot.left, y: height - 6 }, `${valueName}, by ${labelName.toLowerCase()}`),
  ];
}

function legend(series) {
  return h(
    "ul",
    { class: "chart-legend" },
    series.map((name, index) => h("li", { "data-series": String(index) }, name)),
  );
}

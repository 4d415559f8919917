import assert from "node:assert/strict";
import { test } from "node:test";
import { chartOf, layBars, layLines, sentenceOf, ticksOf } from "../../../realtime/static/streamer/results/chart.js";
import { forSeeds } from "../fakes/random.js";

const WIDTHS = [240, 330, 660];
const anyOf = (random, kind, length) =>
  chartOf(kind, "Values", {
    labelName: "Name",
    valueName: "Value",
    rows: Array.from({ length }, (_, at) => ({
      label: `row ${at} ${"x".repeat(Math.floor(random.next() * 40))}`,
      values: [Number(((random.next() - 0.3) * 10 ** (random.next() * 9)).toPrecision(6))],
    })),
    table: [],
  });

test("the scale has round values, reaches over all others, and has zero", () => {
  assert.deepEqual(ticksOf([0, 18_204]), [0, 5000, 10_000, 15_000, 20_000]);
  assert.deepEqual(ticksOf([1, 3]), [0, 1, 2, 3]);
  assert.deepEqual(ticksOf([-0.02, 0.31]), [-0.1, 0, 0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(ticksOf([0, 0]), [0, 1]);
  assert.deepEqual(ticksOf([]), [0, 1]);
});

test("everything stays inside, whatever the values and the width", () => {
  forSeeds(60, (random) => {
    const width = random.pick(WIDTHS);
    const length = random.between(1, 30);
    const { bars, plot, zero, height } = layBars(anyOf(random, "bar", length), width);
    for (const bar of bars) {
      assert.ok(bar.x >= plot.left - 0.001 && bar.x + bar.width <= Math.max(plot.right, zero + 1) + 0.001);
      assert.ok(bar.y >= 0 && bar.y + bar.height <= height);
    }
    const lines = layLines(anyOf(random, "line", length), width);
    for (const { x, y } of lines.lines[0].points) {
      assert.ok(x >= lines.plot.left && x <= lines.plot.right + 0.001);
      assert.ok(y >= lines.plot.top - 0.001 && y <= lines.plot.bottom + 0.001);
    }
  });
});

test("a longer bar is a larger value, and one below zero goes the other way", () => {
  const rows = [5, 10, -5].map((value) => ({ label: `rows of ${value}`, values: [value] }));
  const { bars, zero } = layBars({ rows }, 600);
  assert.ok(bars[1].width > bars[0].width * 1.9);
  assert.ok(bars[2].x < zero && Math.abs(bars[2].x + bars[2].width - zero) < 0.001);
  assert.deepEqual(
    bars.map(({ label, text }) => [label, text]),
    [
      ["rows of 5", "5"],
      ["rows of 10", "10"],
      ["rows of -5", "−5"],
    ],
  );
});

test("a line has a gap where there is no value, and a legend entry for each series", () => {
  const rows = [1, null, 3].map((value, at) => ({ label: `2025-0${at + 1}`, values: [value, at] }));
  const { lines } = layLines({ rows, series: ["now", "before"] }, 600);
  assert.deepEqual(
    lines.map(({ name, points }) => [name, points.map(({ text }) => text)]),
    [
      ["now", ["1", "3"]],
      ["before", ["0", "1", "2"]],
    ],
  );
});

test("labels of a line do not run into each other", () => {
  const rows = Array.from({ length: 36 }, (_, at) => ({ label: `2025-${at}`, values: [at] }));
  const { labels } = layLines({ rows, series: ["now"] }, 330);
  const gaps = labels.slice(1).map(({ at }, index) => at - labels[index].at);
  assert.ok(labels.length > 1 && Math.min(...gaps) > 50);
  const two = layLines({ rows: [rows[0], rows[1]], series: ["now"] }, 330).labels;
  assert.deepEqual([two[1].at, two[1].anchor], [330, "end"]);
});

test("who does not see it is told the ends", () => {
  const rows = [
    { label: "north", values: [18_204] },
    { label: "south", values: [7] },
  ];
  const chart = chartOf("bar", "Sales by region", { labelName: "Region", valueName: "Sales", rows, table: rows });
  assert.equal(
    sentenceOf(chart),
    "Bar chart: Sales by region. Sales for 2 × Region: most 18,204 at north, least 7 at south.",
  );
});

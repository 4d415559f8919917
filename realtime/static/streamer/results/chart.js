/** Choose the scale of a chart, and lay out its bars or its lines. Lengths are in pixels. No DOM here. */

import { cut } from "../ground/format.js";
import { figure } from "./figures.js";

const CHARACTER = 6.8;
const LABEL_GAP = 12;
const MAX_TICKS = 5;
const BAR = { row: 28, thickness: 16 };
const LINE_HEIGHT = 230;
const FOOT = 42;
const TOP = 10;

/**
 * A chart is `{kind, title, labelName, valueName, series, rows, table}`: `kind` is `bar` or `line`, `rows` are
 * `{label, values}` with a value for each of the `series`, and `table` the rows for those who cannot see it.
 */
export function chartOf(kind, title, { labelName, valueName, series = [valueName], rows, table }) {
  return { kind, title, labelName, valueName, series, rows, table };
}

/** Round values from the smallest to the largest, with zero among them. */
export function ticksOf(values) {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const rough = (high - low || 1) / MAX_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const exact = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const step = values.every(Number.isInteger) ? Math.max(1, exact) : exact;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** → `{width, height, plot, zero, ticks, bars}` of horizontal bars, one for each row. */
export function layBars({ rows, labelName = "" }, width) {
  const values = rows.map((row) => row.values[0] ?? 0);
  const ticks = ticksOf(values);
  const texts = values.map(figure);
  const left = Math.min(width * 0.36, lengthOf([...rows.map((row) => row.label), `${labelName} `]) + LABEL_GAP);
  const right = lengthOf(texts) + 12;
  const plot = { left, right: Math.max(left + 40, width - right), top: TOP, bottom: TOP + rows.length * BAR.row };
  const place = scale(ticks, plot.left, plot.right);
  const zero = place(0);
  const bars = rows.map((row, at) => {
    const end = place(values[at]);
    return {
      x: Math.min(zero, end),
      y: plot.top + at * BAR.row + (BAR.row - BAR.thickness) / 2,
      width: Math.max(1, Math.abs(end - zero)),
      height: BAR.thickness,
      middle: plot.top + (at + 0.5) * BAR.row,
      name: row.label,
      label: cut(row.label, Math.max(3, Math.round((left - LABEL_GAP) / CHARACTER))),
      text: texts[at],
      textAt: Math.max(zero, end) + 6,
    };
  });
  return { width, height: plot.bottom + FOOT, plot, zero, ticks: placed(spaced(ticks, plot), place), bars };
}

/** → `{width, height, plot, ticks, labels, lines}`; a line is a list of points, with a gap where there is no value. */
export function layLines({ rows, series }, width) {
  const ticks = ticksOf(rows.flatMap((row) => row.values).filter(Number.isFinite));
  const left = lengthOf(ticks.map(figure)) + 10;
  const plot = { left, right: width - 16, top: TOP, bottom: LINE_HEIGHT - FOOT };
  const place = scale(ticks, plot.bottom, plot.top);
  const step = (plot.right - plot.left) / Math.max(1, rows.length - 1);
  const each = Math.max(1, Math.ceil((lengthOf(rows.map((row) => row.label)) + 12) / step));
  const labels = rows
    .map((row, at) => ({ text: row.label, ...labelPlace(plot.left + at * step, row.label, width) }))
    .filter((_, at) => at % each === 0);
  const lines = series.map((name, index) => ({
    name,
    points: rows.flatMap((row, at) =>
      Number.isFinite(row.values[index])
        ? [
            {
              at,
              x: plot.left + at * step,
              y: place(row.values[index]),
              text: figure(row.values[index]),
              name: row.label,
            },
          ]
        : [],
    ),
  }));
  return { width, height: LINE_HEIGHT, plot, ticks: placed(ticks, place), labels, lines };
}

/** The whole chart in a sentence, for people who do not see it. */
export function sentenceOf({ kind, title, labelName, valueName, rows }) {
  const known = rows.filter((row) => Number.isFinite(row.values[0]));
  const beginning = `${kind === "bar" ? "Bar" : "Line"} chart: ${title}.`;
  if (known.length === 0) return beginning;
  const sorted = [...known].sort((a, b) => b.values[0] - a.values[0]);
  const [most, least] = [sorted[0], sorted.at(-1)];
  const ends = `most ${figure(most.values[0])} at ${most.label}, least ${figure(least.values[0])} at ${least.label}`;
  return `${beginning} ${valueName} for ${figure(rows.length)} × ${labelName}: ${ends}.`;
}

/** A label is below its point, and yet inside. `anchor`: the end of it that is at `at`. */
function labelPlace(at, text, width) {
  const half = lengthOf([text]) / 2;
  if (at - half < 0) return { at: 0, anchor: "start" };
  return at + half > width ? { at: width, anchor: "end" } : { at, anchor: "middle" };
}

function scale(ticks, from, to) {
  const [low, high] = [ticks[0], ticks.at(-1)];
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

function placed(ticks, place) {
  return ticks.map((value) => ({ at: place(value), text: figure(value) }));
}

/** Fewer of the ticks, where all would run into each other; zero stays. */
function spaced(ticks, { left, right }) {
  const room = (right - left) / (lengthOf(ticks.map(figure)) + 14);
  const each = Math.max(1, Math.ceil((ticks.length - 1) / Math.max(1, room)));
  const zero = ticks.indexOf(0);
  return ticks.filter((_, at) => (at - zero) % each === 0);
}

function lengthOf(texts) {
  return CHARACTER * Math.max(...texts.map((text) => text.length), 0);
}

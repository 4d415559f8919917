/** What a report says, at a glance. No DOM here. */

import { count, roughTime, sentence, words } from "../ground/format.js";
import { chartOf } from "./chart.js";
import { change, figure, tile } from "./figures.js";

const MAX_BARS = 12;
const BREAKDOWNS = ["category", "region", "source"];

/** → a view, or null for what is no report; see `views.js`. */
export function reportView(result) {
  const stats = result?.stats;
  if (typeof stats?.total_value !== "number") return null;
  const changes = stats.compared_with?.changes;
  return {
    tiles: [
      tile("Records", count(result.records), noteOf(changes?.records)),
      tile("Total value", figure(stats.total_value), noteOf(changes?.total_value)),
      tile("Average value", figure(stats.average_value), noteOf(changes?.average_value)),
      stats.top_category ? tile("Top category", stats.top_category) : null,
    ],
    charts: [
      periodChart(stats.by_period ?? []),
      ...BREAKDOWNS.map((name) => barChart(`Total value by ${name}`, sentence(name), named(stats[`by_${name}`], name))),
      groupChart(stats.by_group),
    ],
    tables: [],
    notes: result.notes ?? [],
    rest: {
      ...(stats.compared_with ? { compared_with: periodOf(stats.compared_with) } : {}),
      categories_count: stats.categories_count,
      records_per_second: stats.records_per_second,
      generated_at: moment(result.generated_at),
      format: result.format,
    },
  };
}

function noteOf(difference) {
  if (typeof difference?.change_percent !== "number") return {};
  return { note: `${change(difference.change_percent)} against the time before` };
}

function periodChart(rows) {
  if (rows.length < 2) return null;
  const compared = rows.some((row) => row.previous);
  return chartOf("line", "Total value over time", {
    labelName: "Period",
    valueName: "Total value",
    series: compared ? ["Total value", "The time before"] : ["Total value"],
    rows: rows.map((row) => ({
      label: row.period,
      values: compared ? [row.total_value, row.previous?.total_value ?? null] : [row.total_value],
    })),
    table: rows.map(({ previous, ...row }) =>
      inWords({ ...row, ...(previous ? { before: previous.total_value } : {}) }),
    ),
  });
}

function named(rows, name) {
  return (rows ?? []).map((row) => ({ ...row, label: row[name], table: row }));
}

function groupChart(groups) {
  if (!groups) return null;
  const names = groups.columns.map(sentence).join(", ");
  const table = ({ group, ...row }) => ({
    ...Object.fromEntries(groups.columns.map((column, at) => [column, group[at]])),
    ...row,
  });
  const rows = groups.groups.map((row) => ({ ...row, label: row.group.join(" · "), table: table(row) }));
  return barChart(`Total value by ${names.toLowerCase()}`, names, rows);
}

function barChart(title, labelName, rows) {
  if (rows.length < 2) return null;
  const left = rows.length - MAX_BARS;
  return chartOf("bar", left > 0 ? `${title}: the first ${MAX_BARS} of ${count(rows.length)}` : title, {
    labelName,
    valueName: "Total value",
    rows: rows.slice(0, MAX_BARS).map((row) => ({ label: String(row.label), values: [row.total_value] })),
    table: rows.map((row) => inWords(row.table)),
  });
}

function inWords(row) {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [words(name), value]));
}

function periodOf({ first_day: first, last_day: last }) {
  return first ? `${first} to ${last}` : "no day";
}

function moment(text) {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : roughTime(ms);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  count,
  counted,
  cut,
  duration,
  fineTime,
  roughTime,
  sentence,
  size,
  statusText,
  time,
  valuesLine,
} from "../../../realtime/static/streamer/ground/format.js";
import { forSeeds } from "../fakes/random.js";

const CASES = JSON.parse(readFileSync(new URL("../../words.json", import.meta.url), "utf8"));
const HOUR_MS = 3600 * 1000;
// Older versions of Node group all numbers from a thousand on.
const groupsFromFive = new Intl.NumberFormat("en", { useGrouping: "min2" }).format(2026) === "2026";

test("Python and JavaScript write the same words", { skip: !groupsFromFive }, () => {
  for (const [bytes, text] of CASES.bytes) assert.equal(size(bytes), text);
  for (const [seconds, text] of CASES.durations) assert.equal(duration(seconds * 1000), text);
  for (const [number, noun, text] of CASES.counted) assert.equal(counted(number, noun), text);
  for (const [status, failedItems, text] of CASES.statuses) assert.equal(statusText(status, failedItems), text);
});

test("the figure of a size is never longer than four signs below a thousand terabytes", () => {
  forSeeds(500, (random) => {
    const bytes = Math.floor(random.next() * 10 ** random.between(0, 15));
    const [figure, unit] = size(bytes).split(" ");
    assert.ok(figure.length <= 4, `${bytes} bytes: ${figure} ${unit}`);
    const factor = 1000 ** ["B", "kB", "MB", "GB", "TB"].indexOf(unit);
    assert.ok(Math.abs(Number(figure) * factor - bytes) <= 0.06 * bytes + 0.5, `${bytes} bytes: ${figure} ${unit}`);
  });
});

test("a size that nobody knows is no text", () => {
  assert.equal(size(undefined), "");
  assert.equal(size(Number.NaN), "");
});

test("seconds and minutes stay below sixty", () => {
  forSeeds(500, (random) => {
    const text = duration(random.next() * 10 ** random.between(3, 8));
    const [, seconds] = /(\d+) s$/.exec(text) ?? [];
    const [, minutes] = /(\d+) min/.exec(text) ?? [];
    assert.ok(Number(seconds ?? 0) < 60 && Number(minutes ?? 0) < 60, text);
  });
});

test("numbers are grouped, years are not", { skip: !groupsFromFive }, () => {
  assert.match(count(18_204), /^18\D204$/);
  assert.equal(count(2026), "2026");
});

test("the time of today comes without its day, any other with it", () => {
  const noon = new Date();
  noon.setHours(12, 34, 0, 0);
  const yesterday = new Date(noon);
  yesterday.setDate(noon.getDate() - 1);
  assert.match(time(noon.getTime()), /^12:34/);
  assert.ok(time(yesterday.getTime()).length > time(noon.getTime()).length);
});

test("what is days away is shown as a day, with its year", () => {
  const inAWeek = Date.now() + 7 * 24 * HOUR_MS;
  assert.ok(roughTime(inAWeek).includes(String(new Date(inAWeek).getFullYear())));
  assert.doesNotMatch(roughTime(inAWeek), /:/);
  assert.match(roughTime(Date.now() + HOUR_MS), /\d\D\d\d/);
});

test("names become words", () => {
  assert.equal(sentence("generate_report"), "Generate report");
  assert.equal(cut("abcdef", 3), "abc…");
  assert.equal(cut("abc", 3), "abc");
});

test("the values of a payload stand on one line, without what is empty", () => {
  const payload = {
    start_date: "2025-01-01",
    filters: {},
    columns: [],
    note: "",
    limit: null,
    charts: false,
    regions: ["north", "south"],
    data_source: { type: "dataset", dataset_id: "sales" },
    operations: [{ op: "sort" }, { op: "limit" }],
  };
  assert.equal(
    valuesLine(payload),
    "start date 2025-01-01 · charts false · regions north, south · data source dataset sales · operations 2 entries",
  );
  assert.equal(
    valuesLine({ took_seconds: 65, size_bytes: 482_133, seconds: 5 }),
    "took 1 min 5 s · size 482 kB · seconds 5",
  );
  assert.equal(valuesLine(null), "");
});

test("long values are cut, deep ones left out", () => {
  assert.equal(valuesLine({ text: "x".repeat(300) }).length, "text ".length + 201);
  assert.equal(valuesLine({ a: { b: { c: { d: 1 } } } }), "a b c …");
});

test("the clock tells apart what follows each other closely", () => {
  const ms = new Date(2026, 0, 31, 14, 5, 9, 87).getTime();
  assert.match(fineTime(ms), /^14:05:09[.,]0$/);
  assert.match(fineTime(ms, { exact: true }), /^14:05:09[.,]087$/);
});

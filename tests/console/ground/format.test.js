import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count,
  cut,
  duration,
  roughTime,
  sentence,
  size,
  time,
  valuesLine,
} from "../../../realtime/static/streamer/ground/format.js";
import { forSeeds } from "../fakes/random.js";

const HOUR_MS = 3600 * 1000;
// Older versions of Node group all numbers from a thousand on.
const groupsFromFive = new Intl.NumberFormat("en", { useGrouping: "min2" }).format(2026) === "2026";

test("sizes in bytes are shown in the unit that leaves at most three digits", () => {
  const shown = [0, 1, 999, 1000, 1024, 1536, 10_239, 482_133, 1_234_567, 5 * 1024 ** 3, 3 * 1024 ** 4];
  assert.deepEqual(shown.map(size), [
    "0 B",
    "1 B",
    "999 B",
    "1 KB",
    "1 KB",
    "1.5 KB",
    "10 KB",
    "471 KB",
    "1.2 MB",
    "5 GB",
    "3 TB",
  ]);
});

test("the figure of a size is never longer than four signs below a thousand terabytes", () => {
  forSeeds(500, (random) => {
    const bytes = Math.floor(random.next() * 10 ** random.between(0, 15));
    const [figure, unit] = size(bytes).split(" ");
    assert.ok(figure.length <= 4, `${bytes} bytes: ${figure} ${unit}`);
    const factor = 1024 ** ["B", "KB", "MB", "GB", "TB"].indexOf(unit);
    assert.ok(Math.abs(Number(figure) * factor - bytes) <= 0.06 * bytes + 0.5, `${bytes} bytes: ${figure} ${unit}`);
  });
});

test("a size that nobody knows is no text", () => {
  assert.equal(size(undefined), "");
  assert.equal(size(Number.NaN), "");
});

test("durations are shown in the two largest units", () => {
  const shown = {
    7: "7 ms",
    400: "0.4 s",
    12900: "12 s",
    185000: "3 min 05 s",
    [2 * HOUR_MS + 10 * 60_000]: "2 h 10 min",
  };
  for (const [ms, text] of Object.entries(shown)) assert.equal(duration(Number(ms)), text);
  assert.equal(duration(0), "0.0 s");
  assert.equal(duration(-5000), "0.0 s");
  assert.equal(duration(47 * HOUR_MS), "47 h 0 min");
  assert.equal(duration(72 * HOUR_MS), "3 days");
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
  assert.equal(valuesLine(null), "");
});

test("long values are cut, deep ones left out", () => {
  assert.equal(valuesLine({ text: "x".repeat(300) }).length, "text ".length + 201);
  assert.equal(valuesLine({ a: { b: { c: { d: 1 } } } }), "a b c …");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { artifactsOf, isFile, replaceFile, typeText } from "../../../realtime/static/streamer/files/artifacts.js";
import { expiresSoon, hasExpired, linkKey, safeUrl, timeLeft } from "../../../realtime/static/streamer/files/expiry.js";
import { FakeTime } from "../fakes/time.js";

const HOUR_MS = 3600 * 1000;
const BASE = "https://console.test/app/";

test("a file expires to the millisecond, and soon means within a day", (t) => {
  const time = new FakeTime(t);
  const expiring = (ms) => ({ expires_at: new Date(time.ms + ms).toISOString() });
  const states = [-1, 1, 23 * HOUR_MS, 25 * HOUR_MS].map((ms) => [hasExpired(expiring(ms)), expiresSoon(expiring(ms))]);
  assert.deepEqual(states, [
    [true, false],
    [false, true],
    [false, true],
    [false, false],
  ]);
});

test("the time that is left, in hours while it is near and in days while it is not", (t) => {
  const time = new FakeTime(t);
  const left = (hours) => timeLeft({ expires_at: new Date(time.ms + hours * HOUR_MS).toISOString() });
  assert.equal(left(5.5), "5 h 30 min left");
  assert.equal(left(47), "1 d 23 h left");
  assert.equal(left(7 * 24), "7 days left");
});

test("a file that is kept for ever neither expires nor has time left", () => {
  const file = { url: "/f", expires_at: null };
  assert.deepEqual([hasExpired(file), expiresSoon(file), timeLeft(file)], [false, false, ""]);
});

test("a link is drawn anew when its file comes near its end, and when it is gone", (t) => {
  const time = new FakeTime(t);
  const file = { url: "/f", expires_at: new Date(time.ms + 25 * HOUR_MS).toISOString() };
  const keys = [0, 2, 30].map((hours) => {
    time.ms += hours * HOUR_MS;
    return linkKey(file);
  });
  assert.equal(new Set(keys).size, 3);
});

test("an address is opened when it is HTTP, and relative ones are of this page", () => {
  assert.equal(safeUrl("/api/artifacts/1/", BASE), "https://console.test/api/artifacts/1/");
  assert.equal(safeUrl("files/1", BASE), "https://console.test/app/files/1");
  assert.equal(safeUrl("http://other.test/1", BASE), "http://other.test/1");
  for (const text of ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "http://", "file:///etc"])
    assert.equal(safeUrl(text, BASE), null, text);
});

test("files are those that the server lists, or else those that the result describes", () => {
  const file = (name) => ({ url: `/${name}`, filename: name });
  const result = {
    ...file("a"),
    output: file("b"),
    artifacts: { model: file("c"), note: "none" },
    link: { url: "/d" },
  };
  const names = (record) => artifactsOf(record).map((one) => one.filename);
  assert.deepEqual(names({ artifacts: null, result }), ["a", "b", "c"]);
  assert.deepEqual(names({ artifacts: [file("e")], result }), ["e"]);
  assert.deepEqual(names({ artifacts: [], result: null, receipt: { output: file("r") } }), ["r"]);
  assert.deepEqual(names({ artifacts: null, result: null, receipt: null }), []);
  assert.deepEqual(names({ artifacts: null, result: 7 }), []);
  assert.deepEqual([isFile(null), isFile("text"), isFile({ url: "/x" })], [false, false, false]);
});

test("a new description takes the place of the old one, where it stood", () => {
  const file = (id, days) => ({ url: `/${id}`, filename: id, artifact_id: id, days });
  const record = { artifacts: [file("a", 1), file("b", 1)] };
  replaceFile(record, file("b", 7));
  assert.deepEqual(record.artifacts, [file("a", 1), file("b", 7)]);
});

test("a file is told by its type, else by its name", () => {
  const typed = (type, filename) => typeText({ media_type: type, filename });
  assert.deepEqual(
    [
      typed("application/pdf", "a.bin"),
      typed("text/csv; charset=utf-8", "a"),
      typed("application/octet-stream", "m.skops"),
      typed(undefined, "a"),
    ],
    ["PDF", "CSV", "SKOPS", ""],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { learn, now, toMs } from "../../../realtime/static/streamer/ground/clock.js";
import { FakeTime } from "../fakes/time.js";

test("ages follow the clock of the server, however wrong the one here is", (t) => {
  const clock = new FakeTime(t);
  t.after(() => learn(Date.now() / 1000));
  const server = clock.ms / 1000 - 7200;
  learn(server);
  assert.equal(now(), server * 1000);
  clock.ms += 5000;
  assert.equal(now(), server * 1000 + 5000);
  learn(undefined);
  assert.equal(now(), server * 1000 + 5000);
});

test("moments come as Unix seconds or as ISO 8601, and anything else is none", () => {
  assert.equal(toMs(1_769_817_600.5), 1_769_817_600_500);
  assert.equal(toMs("2026-01-31T00:00:00+00:00"), 1_769_817_600_000);
  for (const none of [null, undefined, "", "soon", Number.NaN]) assert.equal(toMs(none), null);
});

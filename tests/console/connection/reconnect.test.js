import assert from "node:assert/strict";
import { test } from "node:test";
import { closed, pauseAfter } from "../../../realtime/static/streamer/connection/reconnect.js";
import { forSeeds } from "../fakes/random.js";

const silent = { goodbye: null, wasOpen: true };

test("every close comes back but those from 4500 to 4999", () => {
  for (let code = 1000; code <= 5100; code += 1) {
    const stops = code >= 4500 && code <= 4999;
    assert.equal(closed(code, silent).comesBack, !stops, `close code ${code}`);
  }
});

test("the goodbye counts more than a close code that was lost on the way", () => {
  const revoked = closed(1006, { goodbye: { code: 4501 }, wasOpen: true });
  assert.deepEqual([revoked.comesBack, revoked.tokenRefused], [false, true]);
  assert.equal(revoked.reason, "The token has been revoked.");
  assert.equal(closed(1006, { goodbye: { code: 4000, after_ms: 700 }, wasOpen: true }).pauseMs, 700);
});

test("an expired token is renewed, a refused one ends the session, abuse does neither", () => {
  const about = (code) => {
    const { tokenExpired, tokenRefused } = closed(code, silent);
    return [tokenExpired, tokenRefused];
  };
  assert.deepEqual(about(4010), [true, false]);
  assert.deepEqual(about(4500), [false, true]);
  assert.deepEqual(about(4501), [false, true]);
  assert.deepEqual(about(4503), [false, false]);
  assert.deepEqual(about(1006), [false, false]);
});

test("a connection that was lost is told apart from one that never was", () => {
  assert.equal(closed(1006, silent).reason, "The connection was lost.");
  assert.equal(closed(1006, { goodbye: null, wasOpen: false }).reason, "The server cannot be reached.");
});

test("pauses double from one second to thirty, and half of each is chance", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 2000].map((failures) => pauseAfter(failures, { chance: 1 }));
  assert.deepEqual(longest, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  const shortest = [0, 1, 2, 3, 4, 5, 6, 2000].map((failures) => pauseAfter(failures, { chance: 0 }));
  assert.deepEqual(
    shortest,
    longest.map((ms) => ms / 2),
  );
});

test("a pause is never shorter than the server asks for", () => {
  forSeeds(300, (random) => {
    const failures = random.between(0, 40);
    const askedMs = random.between(0, 100_000);
    const pause = pauseAfter(failures, { askedMs });
    assert.ok(pause >= askedMs && pause >= 500 && pause <= Math.max(askedMs, 30_000), `${pause} ms`);
  });
});

test("pages that lost the same server do not come back in the same instant", () => {
  const pauses = new Set(Array.from({ length: 100 }, () => Math.round(pauseAfter(3))));
  assert.ok(pauses.size > 50);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Liveness } from "../../../realtime/static/streamer/connection/liveness.js";
import { forSeeds } from "../fakes/random.js";

function answering() {
  const liveness = new Liveness();
  liveness.heard(0);
  return liveness;
}

test("five seconds after a ping that has no answer, what is shown is old, and an answer makes it new", () => {
  const liveness = answering();
  liveness.asked(1000);
  assert.deepEqual([liveness.isStale(5999), liveness.isStale(6000), liveness.ageMs(6000)], [false, true, 6000]);
  liveness.heard(7000);
  assert.deepEqual([liveness.isStale(20_000), liveness.ageMs(7500)], [false, 500]);
});

test("a second ping gives no new five seconds", () => {
  const liveness = answering();
  liveness.asked(1000);
  liveness.asked(5900);
  assert.equal(liveness.isStale(6000), true);
});

test("without a network it is old at once, until something is heard all the same", () => {
  const liveness = answering();
  liveness.offline();
  assert.equal(liveness.isStale(1), true);
  liveness.heard(10);
  assert.equal(liveness.isStale(11), false);
});

test("it asks after ten quiet seconds, once, and at once after a sleep", () => {
  const liveness = answering();
  const askedAt = [];
  for (let now = 1000; now <= 14_000; now += 1000) {
    if (!liveness.shouldAsk(now)) continue;
    askedAt.push(now);
    liveness.asked(now);
  }
  assert.deepEqual(askedAt, [10_000]);
  liveness.heard(14_000);
  assert.equal(liveness.shouldAsk(3_614_000), true);
});

test("looked at every second, silence is found within sixteen, whenever it begins", () => {
  forSeeds(50, (random) => {
    const liveness = answering();
    const silentFrom = random.between(0, 60_000);
    let staleAt = null;
    for (let now = 1000; staleAt === null; now += 1000) {
      if (liveness.shouldAsk(now)) liveness.asked(now);
      if (now <= silentFrom && random.once(3)) liveness.heard(now);
      if (liveness.isStale(now) && now > silentFrom) staleAt = now;
    }
    assert.ok(staleAt - silentFrom <= 16_000, `${staleAt - silentFrom} ms`);
  });
});

test("nothing was ever heard: nothing is asked, and there is no age", () => {
  const liveness = new Liveness();
  assert.deepEqual([liveness.shouldAsk(60_000), liveness.ageMs(60_000)], [false, null]);
});

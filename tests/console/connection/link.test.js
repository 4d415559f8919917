import assert from "node:assert/strict";
import { test } from "node:test";
import { Link } from "../../../realtime/static/streamer/connection/link.js";
import { Connected } from "../fakes/connected.js";

async function linked(t) {
  const page = new Connected(t);
  const browser = new EventTarget();
  const link = new Link(page.client, browser);
  const states = [];
  link.addEventListener("change", () => states.at(-1) === link.state || states.push(link.state));
  await page.open();
  return { page, link, states, offline: () => browser.dispatchEvent(new Event("offline")) };
}

/** Let seconds pass, as the page looks every one of them. */
async function seconds(page, link, count) {
  for (let second = 0; second < count; second += 1) {
    await page.time.pass(1000);
    link.tick();
  }
}

test("a network that is gone without a word is shown within sixteen seconds, with the age of what is shown", async (t) => {
  const { page, link, states } = await linked(t);
  await seconds(page, link, 16);
  assert.deepEqual([link.state, link.isLive], ["stale", false]);
  assert.ok(link.ageMs >= 15_000);
  assert.deepEqual(states, ["connecting", "open", "stale"]);
});

test("as long as pings are answered it is connected", async (t) => {
  const { page, link, states } = await linked(t);
  for (let round = 0; round < 4; round += 1) {
    await seconds(page, link, 10);
    await page.say({ type: "pong" });
  }
  assert.deepEqual(states, ["connecting", "open"]);
  assert.equal(page.sentOf("ping").length, 4);
});

test("an answer after all makes it live again", async (t) => {
  const { page, link, states } = await linked(t);
  await seconds(page, link, 16);
  await page.say({ type: "pong" });
  assert.deepEqual([link.isLive, states.slice(-2)], [true, ["stale", "open"]]);
});

test("when the browser says that there is no network, it is said at once", async (t) => {
  const { link, offline } = await linked(t);
  offline();
  assert.equal(link.state, "stale");
});

test("the age goes on over a lost connection, and is forgotten with who signs out", async (t) => {
  const { page, link } = await linked(t);
  await seconds(page, link, 45);
  assert.notEqual(page.client.state, "open");
  assert.ok(link.ageMs > 40_000);
  page.client.close();
  assert.equal(link.ageMs, null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { announcementOf, bannerTexts, troubledAfter } from "../../../realtime/static/streamer/connection/banner.js";
import { FakeTime } from "../fakes/time.js";

const reason = "The server is restarting.";

test("the banner counts the seconds down, and never below one", (t) => {
  const time = new FakeTime(t);
  const waiting = { state: "waiting", reason, retryAt: time.ms + 2500 };
  const texts = [0, 1000, 2000, 5000].map((ms) => {
    time.ms = waiting.retryAt - 2500 + ms;
    return bannerTexts(waiting, false).text;
  });
  assert.deepEqual(
    texts,
    [3, 2, 1, 1].map((seconds) => `${reason} Trying again in ${seconds} s.`),
  );
});

test("progress is said to be old only where there was a connection before", (t) => {
  const waiting = { state: "waiting", reason, retryAt: new FakeTime(t).ms };
  assert.match(bannerTexts(waiting, true).text, /may be out of date/);
  assert.equal(bannerTexts(waiting, true).title, "Disconnected.");
  assert.doesNotMatch(bannerTexts(waiting, false).text, /out of date/);
  assert.equal(bannerTexts(waiting, false).title, "No connection.");
});

test("a connection that the server ended for good can be made again by hand", () => {
  const { text, button } = bannerTexts({ state: "stopped", reason: "Too much.", retryAt: null }, true);
  assert.deepEqual([text, button], ["Too much.", "Connect again"]);
});

test("trouble is told once, however often it is tried again, and its end once", () => {
  const said = [];
  let troubled = false;
  for (const state of ["connecting", "open", "waiting", "connecting", "waiting", "connecting", "open", "idle"]) {
    said.push(announcementOf({ state, reason }, troubled));
    troubled = troubledAfter(state, troubled);
  }
  assert.deepEqual(said.filter(Boolean), [`Disconnected. ${reason}`, "Connected again."]);
  assert.equal(troubled, false);
});

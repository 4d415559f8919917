import assert from "node:assert/strict";
import { test } from "node:test";
import {
  announcementOf,
  asOf,
  bannerTexts,
  isTokenRefused,
  labelOf,
  reasonOf,
  troubledAfter,
} from "../../../realtime/static/streamer/connection/banner.js";
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

test("progress is said to be old, and how old, only where there was a connection before", (t) => {
  const waiting = { state: "waiting", reason, retryAt: new FakeTime(t).ms, isLive: false, ageMs: 12_900 };
  assert.match(bannerTexts(waiting, true).text, /Progress below is as of 12 s ago\.$/);
  assert.equal(bannerTexts(waiting, true).title, "Disconnected.");
  assert.doesNotMatch(bannerTexts(waiting, false).text, /ago/);
  assert.equal(bannerTexts(waiting, false).title, "No connection.");
  assert.deepEqual([asOf({ isLive: true, ageMs: 1 }), asOf({ isLive: false, ageMs: null })], ["", ""]);
});

test("a connection that does not answer says so, and offers nothing to press", () => {
  const link = { state: "stale", reason: "", retryAt: null, isLive: false, ageMs: 7000 };
  const { title, text, button } = bannerTexts(link, true);
  assert.equal(title, "The server does not answer.");
  assert.match(text, /as of 7 s ago/);
  assert.equal(button, "");
  assert.deepEqual(Object.values(labelOf(link)), ["No answer", "for 7 s"]);
  assert.equal(announcementOf(link, false), "The server does not answer.");
  assert.equal(troubledAfter("stale", false), true);
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

test("the top bar says what is used, and when it is tried again", (t) => {
  const time = new FakeTime(t);
  const shown = (client) => Object.values(labelOf({ retryAt: null, transport: "websocket", ...client }));
  assert.deepEqual(shown({ state: "open" }), ["Connected", "WebSocket"]);
  assert.deepEqual(shown({ state: "open", transport: "sse" }), ["Connected", "server-sent events"]);
  assert.deepEqual(shown({ state: "open", transport: "poll" }), ["Connected", "long poll"]);
  assert.deepEqual(shown({ state: "connecting" }), ["Connecting", ""]);
  assert.deepEqual(shown({ state: "waiting", retryAt: time.ms + 11_500 }), ["Disconnected", "12 s"]);
});

test("a close code is put in words, and where it says nothing the client is quoted", () => {
  assert.equal(reasonOf({ closeCode: 4000, reason: "The server ended the connection: x." }), reason);
  assert.equal(reasonOf({ closeCode: 1006, reason: "The connection was lost." }), "The connection was lost.");
  assert.equal(reasonOf({ closeCode: 4000, reason: "" }), "");
});

test("a refused token wants another sign-in, abuse does not", () => {
  const refused = (state, closeCode) => isTokenRefused({ state, closeCode });
  assert.deepEqual([refused("stopped", 4500), refused("stopped", 4501)], [true, true]);
  assert.deepEqual([refused("stopped", 4503), refused("waiting", 4500)], [false, false]);
});

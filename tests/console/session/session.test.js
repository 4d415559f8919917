import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Session, SignedOut } from "../../../realtime/static/streamer/session/session.js";
import { answerFetch, FakeStorage, heard, tokenWith } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";

beforeEach(() => {
  globalThis.sessionStorage = new FakeStorage();
});

function tokenFor(time, seconds, more = {}) {
  return tokenWith({ sub: "alice", exp: time.ms / 1000 + seconds, ...more });
}

async function signedIn(t, time, { seconds = 3600, answer = () => [500, null] } = {}) {
  const tokens = { access: tokenFor(time, seconds), refresh: "r1" };
  const calls = answerFetch(t, (call) => (call.path === "/api/token/" ? [200, tokens] : answer(call)));
  const session = new Session();
  await session.signIn("alice", "secret");
  return { session, calls, access: tokens.access };
}

test("who signed in is still signed in after a reload of the page, and not after signing out", async (t) => {
  const { session, access } = await signedIn(t, new FakeTime(t));
  assert.equal(await new Session().fresh(), access);
  session.end();
  assert.equal(new Session().active, false);
  assert.equal(sessionStorage.texts.size, 0);
});

test("signing out has the server end the tokens, and asks it for nothing without a refresh token", async (t) => {
  const time = new FakeTime(t);
  const { session, calls } = await signedIn(t, time, { answer: () => [204, null] });
  session.signOut();
  assert.equal(session.active, false);
  const [, { path, body }] = calls;
  assert.deepEqual([path, body], ["/api/token/logout/", { refresh: "r1" }]);
  session.paste(tokenFor(time, 5));
  session.signOut();
  session.signOut();
  assert.equal(calls.length, 2);
});

test("signing out works while the server is out of reach", async (t) => {
  const { session } = await signedIn(t, new FakeTime(t), { answer: () => null });
  session.signOut();
  await new Promise(setImmediate);
  assert.equal(session.active, false);
});

test("the code of a link signs in as a password does, and one that is refused signs nobody in", async (t) => {
  const tokens = { access: tokenFor(new FakeTime(t), 3600), refresh: "r1" };
  const refusal = [401, { error: { code: "UNAUTHORIZED", message: "This sign-in link has been used." } }];
  const calls = answerFetch(t, ({ body }) => (body.code === "good" ? [200, tokens] : refusal));
  const session = new Session();
  await assert.rejects(session.signInByLink("used"), { status: 401, message: "This sign-in link has been used." });
  assert.equal(session.active, false);
  await session.signInByLink("good");
  assert.equal(await session.fresh(), tokens.access);
  assert.deepEqual(calls.at(-1).path, "/api/token/link/");
});

test("what stands in the storage and is no token is not believed", () => {
  sessionStorage.setItem("streamer.tokens", '{"access": "junk"}');
  assert.equal(new Session().active, false);
  sessionStorage.setItem("streamer.tokens", "{");
  assert.equal(new Session().active, false);
});

test("a token about to end is exchanged, by many callers once", async (t) => {
  const time = new FakeTime(t);
  const renewed = tokenFor(time, 3600);
  const { session, calls } = await signedIn(t, time, { seconds: 10, answer: () => [200, { access: renewed }] });
  assert.deepEqual(await Promise.all([session.fresh(), session.fresh(), session.fresh()]), Array(3).fill(renewed));
  const exchanges = calls.filter((call) => call.path === "/api/token/refresh/");
  assert.deepEqual(
    exchanges.map((call) => call.body),
    [{ refresh: "r1" }],
  );
  // The server did not rotate the refresh token, so the old one is kept.
  assert.equal(new Session().canRefresh, true);
});

test("a token that the server refused is not offered again", async (t) => {
  const time = new FakeTime(t);
  const renewed = tokenFor(time, 7200);
  const { session, access } = await signedIn(t, time, { answer: () => [200, { access: renewed, refresh: "r2" }] });
  assert.equal(await session.fresh(), access);
  session.distrust();
  assert.equal(await session.fresh(), renewed);
  assert.equal(JSON.parse(sessionStorage.getItem("streamer.tokens")).refresh, "r2");
});

test("a refused refresh token ends the session and says so", async (t) => {
  const { session } = await signedIn(t, new FakeTime(t), { answer: () => [401, { detail: "No." }] });
  const ends = heard(session, "end");
  session.distrust();
  await assert.rejects(session.fresh(), SignedOut);
  assert.deepEqual(ends, [{ reason: "Your session has ended. Sign in to go on.", isWish: false }]);
  assert.equal(session.active, false);
});

test("a server out of reach ends no session", async (t) => {
  const { session } = await signedIn(t, new FakeTime(t), { answer: () => null });
  session.distrust();
  await assert.rejects(session.fresh(), { status: 0 });
  assert.equal(session.active, true);
});

test("a pasted token cannot be renewed: refused once, it is over", async (t) => {
  const time = new FakeTime(t);
  const session = new Session();
  const begins = heard(session, "begin");
  session.paste(tokenFor(time, 5));
  assert.equal(begins.length, 1);
  assert.deepEqual([session.may(null), session.may("data.process")], [true, false]);
  assert.ok(await session.fresh());
  session.distrust();
  const ends = heard(session, "end");
  await assert.rejects(session.fresh(), SignedOut);
  assert.equal(ends.length, 1);
});

test("an exchange that comes back after signing out brings nobody back", async (t) => {
  const time = new FakeTime(t);
  let arrive;
  const answered = new Promise((resolve) => {
    arrive = () => resolve([200, { access: tokenFor(time, 3600) }]);
  });
  const { session } = await signedIn(t, time, { answer: () => answered });
  const renewal = session.refresh();
  session.end();
  arrive();
  await assert.rejects(renewal, SignedOut);
  assert.equal(session.active, false);
  assert.equal(sessionStorage.texts.size, 0);
});

test("the client gets the token there is, another one when that will not do, and none after signing out", async (t) => {
  const time = new FakeTime(t);
  const renewed = tokenFor(time, 7200);
  const { session, access } = await signedIn(t, time, { answer: () => [200, { access: renewed, refresh: "r2" }] });
  assert.equal(await session.token({ force: false }), access);
  assert.equal(await session.token({ force: true }), renewed);
  session.end();
  assert.equal(await session.token({ force: true }), null);
});

test("a pasted token stays good for the client until it ends, and then the session is over", async (t) => {
  const time = new FakeTime(t);
  const session = new Session();
  const token = tokenFor(time, 60);
  session.paste(token);
  const ends = heard(session, "end");
  assert.equal(await session.token({ force: true }), token);
  time.ms += 61_000;
  assert.equal(await session.token({ force: true }), null);
  assert.match(ends[0].reason, /does not accept this token/);
});

test("a server out of reach is told to the client, which tries again", async (t) => {
  const { session } = await signedIn(t, new FakeTime(t), { answer: () => null });
  await assert.rejects(session.token({ force: true }), { status: 0 });
  assert.equal(session.active, true);
});

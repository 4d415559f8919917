import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Handover } from "../../../realtime/static/streamer/session/handover.js";
import { Session, SignedOut } from "../../../realtime/static/streamer/session/session.js";
import { answerFetch, FakeStorage, heard, tokenWith } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";

/** The channel between the tabs of one browser. */
function tabs() {
  const open = new Set();
  return class {
    isFrozen = false;
    onmessage = null;
    constructor() {
      open.add(this);
    }
    postMessage(data) {
      for (const other of open)
        if (other !== this && !other.isFrozen) queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) }));
    }
  };
}

let Channel;
beforeEach(() => {
  Channel = tabs();
});

/** A tab with its own storage, as a browser has it. */
function newTab() {
  globalThis.sessionStorage = new FakeStorage();
  const handover = new Handover(Channel);
  return new Session(handover);
}

/** Sign in, with an access token that lives for `seconds`; each refresh token may be used once. */
async function signedIn(t, time, seconds = 3600) {
  const token = (life) => tokenWith({ sub: "alice", exp: time.ms / 1000 + life, jti: Math.random() });
  let refresh = 0;
  const calls = answerFetch(t, ({ path, body }) => {
    if (path === "/api/token/") return [200, { access: token(seconds), refresh: "r0" }];
    if (path === "/api/token/logout/") return [204, null];
    if (body.refresh !== `r${refresh}`) return [401, { detail: "It was used." }];
    refresh += 1;
    return [200, { access: token(7200), refresh: `r${refresh}` }];
  });
  const session = newTab();
  await session.signIn("alice", "secret");
  return { session, calls };
}

/** What waits for other tabs waits no longer than they are given. */
async function within(time, promise) {
  promise.catch(() => {});
  await time.pass(300);
  return await promise;
}

test("a second tab is signed in without typing, and a first one is not", async (t) => {
  const time = new FakeTime(t);
  const { session } = await signedIn(t, time);
  const second = newTab();
  assert.equal(await within(time, second.join()), true);
  assert.equal(await second.fresh(), await session.fresh());
  Channel = tabs();
  assert.equal(await within(time, newTab().join()), false);
});

test("a busy tab may answer late: the sign-in gives way then, unless somebody has signed out there", async (t) => {
  const time = new FakeTime(t);
  const channels = [];
  Channel = class extends tabs() {
    constructor() {
      super();
      channels.push(this);
    }
  };
  const { session } = await signedIn(t, time);
  const answers = [];
  channels[0].postMessage = (data) => answers.push(data);
  const second = newTab();
  const begins = heard(second, "begin");
  assert.equal(await within(time, second.join()), false);
  channels[1].onmessage({ data: answers[0] });
  assert.deepEqual([await second.fresh(), begins.length], [await session.fresh(), 1]);
  const third = newTab();
  assert.equal(await within(time, third.join()), true, "the second tab answers in time");
  third.signOut();
  channels[2].onmessage({ data: answers[1] });
  assert.equal(third.active, false);
});

test("tokens that one tab renews, the others have", async (t) => {
  const time = new FakeTime(t);
  const { session, calls } = await signedIn(t, time, 10);
  const second = newTab();
  await within(time, second.join());
  const renewed = await within(time, session.fresh());
  await time.pass(0);
  assert.equal(await second.fresh(), renewed);
  assert.equal(calls.filter(({ path }) => path === "/api/token/refresh/").length, 1);
});

test("a tab that slept while the tokens were renewed asks before it uses an old one", async (t) => {
  const time = new FakeTime(t);
  const channels = [];
  Channel = class extends tabs() {
    constructor() {
      super();
      channels.push(this);
    }
  };
  const { session } = await signedIn(t, time, 60);
  const second = newTab();
  await within(time, second.join());
  channels[1].isFrozen = true;
  time.ms += 50_000;
  const renewed = await within(time, session.fresh());
  channels[1].isFrozen = false;
  assert.equal(await within(time, second.fresh()), renewed);
});

test("signing out in one tab signs out the others, and no other session", async (t) => {
  const time = new FakeTime(t);
  const { session } = await signedIn(t, time);
  const second = newTab();
  await within(time, second.join());
  const other = newTab();
  other.paste(tokenWith({ sub: "bob", exp: time.ms / 1000 + 60 }));
  const ends = heard(second, "end");
  session.signOut();
  await time.pass(0);
  assert.deepEqual([second.active, other.active], [false, true]);
  assert.deepEqual(ends, [{ reason: "You signed out in another tab.", isWish: true }]);
  await assert.rejects(second.fresh(), SignedOut);
});

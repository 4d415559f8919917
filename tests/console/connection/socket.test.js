import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamSocket } from "../../../realtime/static/streamer/connection/socket.js";
import { SignedOut } from "../../../realtime/static/streamer/session/session.js";
import { heard } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";
import { FakeWebSocket } from "../fakes/web_socket.js";

const URL_OF_SOCKET = "ws://console.test/ws/";
const welcome = { type: "welcome", heartbeat_seconds: 20, limits: { frame_bytes: 1024 } };

class FakeSession {
  token = "t1";
  distrusted = 0;
  ends = [];
  failure = null;

  async fresh() {
    if (this.failure) throw this.failure;
    return this.token;
  }

  distrust() {
    this.distrusted += 1;
  }

  end(reason) {
    this.ends.push(reason);
  }
}

/** A socket whose server has answered, unless `answers` is false. */
async function opened(t, { answers = true } = {}) {
  FakeWebSocket.install(t);
  const time = new FakeTime(t);
  const session = new FakeSession();
  const socket = new StreamSocket(URL_OF_SOCKET, session);
  socket.start();
  await time.pass(0);
  if (answers) FakeWebSocket.last.say(welcome);
  return { socket, session, time };
}

test("the token goes beside the protocol, never into the address", async (t) => {
  const { socket } = await opened(t);
  assert.equal(FakeWebSocket.last.url, URL_OF_SOCKET);
  assert.deepEqual(FakeWebSocket.last.protocols, ["streamer.v1", "bearer.t1"]);
  assert.deepEqual([socket.state, socket.limits.frame_bytes], ["open", 1024]);
});

test("nothing is sent before the server has answered", async (t) => {
  const { socket } = await opened(t, { answers: false });
  assert.equal(socket.send({ type: "ping" }), false);
  FakeWebSocket.last.say(welcome);
  assert.equal(socket.send({ type: "ping" }), true);
  assert.deepEqual(FakeWebSocket.last.sent, [{ type: "ping" }]);
});

test("it comes back by itself, after pauses that grow until the server answers", async (t) => {
  const { socket, time } = await opened(t);
  const pauses = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    FakeWebSocket.last.end(1006);
    assert.equal(socket.state, "waiting");
    assert.equal(socket.retryAt, time.ms + time.untilNext);
    pauses.push(time.untilNext);
    await time.pass(time.untilNext);
    assert.equal(FakeWebSocket.opened.length, attempt + 2);
  }
  pauses.forEach((ms, failures) => {
    const ceiling = Math.min(30_000, 1000 * 2 ** failures);
    assert.ok(ms >= ceiling / 2 && ms <= ceiling, `pause ${failures}: ${ms} ms`);
  });
  FakeWebSocket.last.say(welcome);
  FakeWebSocket.last.end(1000);
  assert.ok(time.untilNext <= 1000);
});

test("a goodbye says when to come back", async (t) => {
  const { socket, time } = await opened(t);
  FakeWebSocket.last.say({ type: "goodbye", code: 4000, reconnect: true, after_ms: 60_000 });
  FakeWebSocket.last.end(1006);
  assert.deepEqual([socket.state, socket.reason], ["waiting", "The server is restarting."]);
  await time.pass(59_999);
  assert.equal(FakeWebSocket.opened.length, 1);
  await time.pass(1);
  assert.equal(FakeWebSocket.opened.length, 2);
});

test("a goodbye counts for its own connection alone", async (t) => {
  const { socket, time } = await opened(t);
  FakeWebSocket.last.say({ type: "goodbye", code: 4501 });
  socket.stop();
  socket.start();
  await time.pass(0);
  FakeWebSocket.last.say(welcome);
  FakeWebSocket.last.end(1006);
  assert.equal(socket.state, "waiting");
});

test("codes that stop do stop, and a refused token ends the session", async (t) => {
  const { socket, session, time } = await opened(t);
  FakeWebSocket.last.end(4501);
  assert.deepEqual([socket.state, session.ends], ["stopped", ["The token has been revoked. Sign in to go on."]]);
  await time.pass(3_600_000);
  assert.equal(FakeWebSocket.opened.length, 1);
});

test("after abuse the person may connect again, still signed in", async (t) => {
  const { socket, session, time } = await opened(t);
  FakeWebSocket.last.end(4503);
  assert.deepEqual([socket.state, session.ends], ["stopped", []]);
  socket.start();
  await time.pass(0);
  assert.equal(FakeWebSocket.opened.length, 2);
});

test("after an expired token another one is asked for", async (t) => {
  const { session, time } = await opened(t);
  FakeWebSocket.last.end(4010);
  session.token = "t2";
  await time.pass(1000);
  assert.equal(session.distrusted, 1);
  assert.equal(FakeWebSocket.last.protocols[1], "bearer.t2");
});

test("without a token there is no connection, and no attempt", async (t) => {
  const { socket, session, time } = await opened(t);
  session.failure = new SignedOut();
  FakeWebSocket.last.end(1006);
  await time.pass(1000);
  assert.equal(socket.state, "idle");
  assert.equal(time.untilNext, null);
});

test("a token service out of reach is tried again", async (t) => {
  const { socket, session, time } = await opened(t);
  session.failure = new Error("The server cannot be reached.");
  FakeWebSocket.last.end(1006);
  await time.pass(1000);
  assert.deepEqual([socket.state, socket.reason], ["waiting", "The server cannot be reached."]);
});

test("a server that does not answer is given up after fifteen seconds", async (t) => {
  const { socket, time } = await opened(t, { answers: false });
  await time.pass(14_999);
  assert.equal(socket.state, "connecting");
  await time.pass(1);
  assert.deepEqual([socket.state, FakeWebSocket.opened[0].isClosed], ["waiting", true]);
});

test("a dead network is found out by silence", async (t) => {
  const { socket, time } = await opened(t);
  await time.pass(20_000);
  assert.deepEqual(FakeWebSocket.last.sent, [{ type: "ping" }]);
  FakeWebSocket.last.say({ type: "pong" });
  await time.pass(40_000);
  assert.equal(socket.state, "open");
  await time.pass(20_000);
  assert.deepEqual([socket.state, socket.reason], ["waiting", "The connection fell silent."]);
});

test("what an old connection says late is not heard", async (t) => {
  const { socket, time } = await opened(t);
  const old = FakeWebSocket.last;
  const messages = heard(socket, "message");
  socket.stop();
  socket.start();
  await time.pass(0);
  old.say({ type: "progress", seq: 1 });
  old.end(4501);
  assert.deepEqual([messages, socket.state], [[], "connecting"]);
});

test("a server that was never there is tried again after a second at most, and so is one after a stop", async (t) => {
  const { socket, time } = await opened(t, { answers: false });
  FakeWebSocket.last.end(1006);
  assert.ok(time.untilNext <= 1000);
  await time.pass(time.untilNext);
  FakeWebSocket.last.end(1006);
  socket.stop();
  socket.start();
  await time.pass(0);
  FakeWebSocket.last.end(1006);
  assert.ok(time.untilNext <= 1000);
});

test("the server says how often it is asked whether it is there", async (t) => {
  const { time } = await opened(t, { answers: false });
  FakeWebSocket.last.say({ ...welcome, heartbeat_seconds: 5 });
  await time.pass(5000);
  assert.equal(FakeWebSocket.last.sent.length, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, fault, obtainTokens } from "../../../realtime/static/streamer/ground/api.js";
import { answerFetch } from "../fakes/browser.js";

/** A session whose second token is good. */
class TwoTokens {
  distrusted = 0;

  async fresh() {
    return this.distrusted ? "good" : "stale";
  }

  distrust() {
    this.distrusted += 1;
  }
}

test("a refused token is exchanged once, and the call repeated", async (t) => {
  const calls = answerFetch(t, ({ headers }) =>
    headers.Authorization === "Bearer good" ? [200, { datasets: [] }] : [401, { detail: "No." }],
  );
  const session = new TwoTokens();
  assert.deepEqual(await new Api(session).datasets(), { datasets: [] });
  assert.equal(session.distrusted, 1);
  assert.deepEqual(
    calls.map((call) => call.path),
    ["/api/datasets/", "/api/datasets/"],
  );
});

test("a token that is refused again is not tried for ever", async (t) => {
  const calls = answerFetch(t, () => [401, { error: { code: "UNAUTHORIZED", message: "Revoked." } }]);
  await assert.rejects(new Api(new TwoTokens()).actions(), { status: 401, code: "UNAUTHORIZED", message: "Revoked." });
  assert.equal(calls.length, 2);
});

test("ids are escaped on their way into an address", async (t) => {
  const calls = answerFetch(t, () => [200, { events: [], last_seq: 0 }]);
  await new Api(new TwoTokens()).events("../a b", 7);
  assert.equal(calls[0].path, "/api/requests/..%2Fa%20b/events/?after_seq=7");
});

test("an answer without a body is nothing, and no fault", async (t) => {
  const calls = answerFetch(t, () => [204, undefined]);
  await new Api(new TwoTokens()).deleteDataset("d1");
  assert.deepEqual([calls[0].method, calls[0].path], ["DELETE", "/api/datasets/d1/"]);
});

test("a success that is no JSON is a fault", async (t) => {
  answerFetch(t, () => [200, null]);
  await assert.rejects(new Api(new TwoTokens()).dataset("d1"), { status: 200, code: "HTTP_ERROR" });
});

test("a password goes in the body", async (t) => {
  const calls = answerFetch(t, () => [200, { access: "a", refresh: "r" }]);
  await obtainTokens("alice", "secret");
  assert.deepEqual(calls[0].body, { username: "alice", password: "secret" });
  assert.equal(calls[0].path, "/api/token/");
});

test("a server out of reach is an error of status 0", async (t) => {
  answerFetch(t, () => null);
  await assert.rejects(new Api(new TwoTokens()).actions(), { status: 0, code: "UNREACHABLE" });
});

test("what a proxy answers in place of the server is told in plain words", () => {
  assert.match(fault(502, null).message, /not there right now/);
  assert.match(fault(413, null).message, /larger than the server takes/);
  assert.match(fault(418, null).message, /status 418/);
  const own = fault(400, { error: { code: "VALIDATION_ERROR", message: "Bad.", details: { faults: [] } } });
  assert.deepEqual([own.code, own.message, own.details], ["VALIDATION_ERROR", "Bad.", { faults: [] }]);
});

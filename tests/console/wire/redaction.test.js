import assert from "node:assert/strict";
import { test } from "node:test";
import { safeText } from "../../../realtime/static/streamer/wire/redaction.js";
import { tokenWith } from "../fakes/browser.js";

test("a secret is hidden by its name, at any depth", () => {
  const message = { type: "authenticate", token: "abc", payload: { list: [{ Password: "p", api_key: "k" }] } };
  assert.deepEqual(JSON.parse(safeText(message)), {
    type: "authenticate",
    token: "•••",
    payload: { list: [{ Password: "•••", api_key: "•••" }] },
  });
});

test("a token is hidden wherever it stands", () => {
  const token = tokenWith({ sub: "alice" });
  const safe = safeText({ payload: { note: `use ${token} please`, header: `Bearer ${token}` } });
  assert.equal(safe, '{"payload":{"note":"use ••• please","header":"Bearer •••"}}');
  assert.equal(safeText(["rt_0123456789abcdef0123"]), '["•••"]');
});

test("a URL keeps its address and loses what opens it", () => {
  const url = "/api/artifacts/1/?expires=5&signature=ab%3D&x=1";
  assert.equal(safeText([url]), '["/api/artifacts/1/?expires=5&signature=•••&x=1"]');
  assert.equal(safeText(["wss://a/ws/?token=abc"]), '["wss://a/ws/?token=•••"]');
});

test("what is no secret is left as it is", () => {
  const message = { type: "progress", token_expires_in: 60, tokens: "12", name: "my_rt_thing", n: null, at: 1.5 };
  assert.equal(safeText(message), JSON.stringify(message));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsOf, isAging, pastedToken, permits } from "../../../realtime/static/streamer/session/tokens.js";
import { tokenWith } from "../fakes/browser.js";
import { FakeTime } from "../fakes/time.js";

test("claims are read from a token, whatever script they are written in", () => {
  const claims = { sub: "Ærø", tenant_id: "株式会社", exp: 1 };
  assert.deepEqual(claimsOf(tokenWith(claims)), claims);
});

test("what is no token has no claims", () => {
  for (const text of ["", "abc", "a.b", "a.b.c", "a b.c.d", `${tokenWith({})}.more`])
    assert.equal(claimsOf(text), null);
});

test("a token may be pasted with what stands around it in a header", () => {
  const token = tokenWith({ sub: "alice" });
  assert.equal(pastedToken(`  Bearer ${token}\n`), token);
  assert.throws(() => pastedToken("not a token"), /not a JSON Web Token/);
});

test("a token that has ended cannot be pasted, one that ends soon can", (t) => {
  const seconds = new FakeTime(t).ms / 1000;
  assert.throws(() => pastedToken(tokenWith({ exp: seconds - 1 })), /expired/);
  assert.ok(pastedToken(tokenWith({ exp: seconds + 1 })));
});

test("a token is renewed before it ends, not after", (t) => {
  const seconds = new FakeTime(t).ms / 1000;
  assert.equal(isAging({ exp: seconds + 60 }), false);
  assert.equal(isAging({ exp: seconds + 10 }), true);
  assert.equal(isAging({}), false);
});

test("a permission is held by name or by the star", () => {
  assert.equal(permits({ permissions: ["data.process"] }, "data.process"), true);
  assert.equal(permits({ permissions: ["*"] }, "data.process"), true);
  assert.equal(permits({ permissions: ["data.processes"] }, "data.process"), false);
  assert.equal(permits({}, "data.process"), false);
  assert.equal(permits(null, null), true);
});

test("a wildcard holds what comes after its dot, at any depth", () => {
  const claims = { permissions: ["data.*"] };
  assert.equal(permits(claims, "data.process"), true);
  assert.equal(permits(claims, "data.process.large"), true);
  assert.equal(permits(claims, "data"), false);
  assert.equal(permits(claims, "database.read"), false);
});

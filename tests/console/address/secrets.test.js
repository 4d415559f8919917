import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutSecrets } from "../../../realtime/static/streamer/address/secrets.js";

test("what a schema or a name calls secret is left out, however deep, and the payload stays as it was", () => {
  const payload = {
    format: "pdf",
    pin: "1234",
    code: "5",
    source: { url: "https://example.org", api_key: "k", headers: [{ Authorization: "x", Accept: "y" }] },
    db_password: "p",
  };
  const before = structuredClone(payload);
  const schema = { properties: { pin: { format: "password" }, code: { writeOnly: true }, format: { type: "string" } } };
  assert.deepEqual(withoutSecrets(payload, schema), {
    format: "pdf",
    source: { url: "https://example.org", headers: [{ Accept: "y" }] },
  });
  assert.deepEqual(payload, before);
});

test("without a payload or a schema there is nothing to leave out", () => {
  assert.deepEqual([withoutSecrets(null, undefined), withoutSecrets({ a: null, b: [1] })], [{}, { a: null, b: [1] }]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { resolve, typeOf } from "../../../realtime/static/streamer/docs/schema.js";

const COMPONENTS = { File: { type: "object", properties: {} }, "action.jobs__payload__Output": { type: "object" } };

test("it works", () => {
  assert.equal(typeOf({ type: "string", format: "uuid" }, COMPONENTS), "string (uuid)");
  assert.equal(typeOf({ $ref: "#/components/schemas/File" }, COMPONENTS), "File");
  assert.equal(typeOf({ type: "array", items: { $ref: "#/components/schemas/File" } }, COMPONENTS), "list of File");
});

test("choices, values and maps are told in words", () => {
  assert.equal(typeOf({ anyOf: [{ type: "integer" }, { type: "null" }] }, COMPONENTS), "integer or null");
  assert.equal(typeOf({ enum: ["a", "b"] }, COMPONENTS), '"a" | "b"');
  assert.equal(typeOf({ const: true }, COMPONENTS), "true");
  assert.equal(typeOf({ type: "object", additionalProperties: { type: "number" } }, COMPONENTS), "object of number");
  assert.equal(typeOf({ description: "Anything." }, COMPONENTS), "any");
});

test("a class goes by its name, without the module that tells it from another", () => {
  const { found, name } = resolve({ $ref: "#/components/schemas/action.jobs__payload__Output" }, COMPONENTS);
  assert.deepEqual([found.type, name], ["object", "Output"]);
});

test("a reference that leads nowhere is any value", () => {
  assert.deepEqual(resolve({ $ref: "#/components/schemas/Gone" }, COMPONENTS), { found: {}, name: "Gone" });
});

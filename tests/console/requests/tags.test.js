import assert from "node:assert/strict";
import { test } from "node:test";
import { knownTags, withTags } from "../../../realtime/static/streamer/requests/tags.js";

test("tags are added one by one or with commas between, each once and without the spaces around it", () => {
  assert.deepEqual(withTags([], " nightly "), { tags: ["nightly"] });
  assert.deepEqual(withTags(["nightly"], "customer 7, nightly,,"), { tags: ["nightly", "customer 7"] });
  assert.deepEqual(withTags(["nightly"], "  "), { tags: ["nightly"] });
});

test("what the server would refuse is named before it is sent", () => {
  assert.deepEqual(withTags([], "😀".repeat(64)), { tags: ["😀".repeat(64)] });
  assert.match(withTags([], "x".repeat(65)).fault, /at most 64 characters/);
  const ten = Array.from({ length: 10 }, (_, index) => `t${index}`);
  assert.deepEqual(withTags(ten, "t3"), { tags: ten });
  assert.match(withTags(ten, "one more").fault, /at most 10 tags/);
});

test("the tags in use are suggested, the most used first", () => {
  const records = [{ tags: ["b", "a"] }, { tags: ["c"] }, { tags: ["c"] }, { tags: [] }];
  assert.deepEqual(knownTags(records), ["c", "a", "b"]);
});

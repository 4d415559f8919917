import assert from "node:assert/strict";
import { test } from "node:test";
import { expiryOf, newsOf } from "../../../realtime/static/streamer/connection/news.js";

test("a message of the service is its text, what an object says, or else the JSON", () => {
  assert.equal(newsOf("Maintenance at noon"), "Maintenance at noon");
  assert.equal(newsOf({ message: "Maintenance at noon", level: 2 }), "Maintenance at noon");
  assert.equal(newsOf({ level: 2 }), '{"level":2}');
  assert.equal(newsOf(null), "null");
});

test("the time until a token expires is in the units that people use", () => {
  assert.equal(expiryOf({ expires_in: 59.7 }), "Your token expires in 1 min. Sign in again to stay connected.");
  assert.match(expiryOf({ expires_in: 1 }), / in 1 s\. /);
});

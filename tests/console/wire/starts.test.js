import assert from "node:assert/strict";
import { test } from "node:test";
import { STARTS, startText } from "../../../realtime/static/streamer/wire/starts.js";
import "../fakes/browser.js";

test("each message to start from is JSON of its type, with an id of its own", () => {
  for (const { type } of STARTS) {
    const [first, second] = [startText(type), startText(type)].map((text) => JSON.parse(text));
    assert.equal(first.type, type);
    assert.notEqual(first.id, second.id);
  }
  assert.equal(startText(""), "");
});

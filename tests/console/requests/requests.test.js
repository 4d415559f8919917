import assert from "node:assert/strict";
import { test } from "node:test";
import { heard } from "../fakes/browser.js";
import { complete, connected, ID, submitted } from "../fakes/requests.js";
import { FakeWebSocket } from "../fakes/web_socket.js";

test("a request is sent with an id of its own, and has the server's from its acknowledgment on", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  const [sent] = page.sentOf("request");
  assert.deepEqual([sent.action, sent.payload, "tags" in sent], ["generate_report", { format: "pdf" }, false]);
  assert.deepEqual([record.requestId, record.status, record.clientId], [ID, "pending", sent.id]);
});

test("several requests go in one message, each with its id and its own answer", async (t) => {
  const page = await connected(t);
  const refusals = heard(page.requests, "refused");
  const records = page.requests.submit("echo", { text: "x" }, { ids: ["a", "b", "c"], tags: ["many"] });
  const [message] = page.sentOf("requests");
  const one = { action: "echo", payload: { text: "x" }, tags: ["many"] };
  assert.deepEqual(
    message.requests,
    ["a", "b", "c"].map((id) => ({ ...one, id })),
  );
  const error = { code: "RATE_LIMITED", message: "Too many.", details: {}, retryable: true };
  await page.say(
    { type: "acknowledgment", id: "b", index: 1, request_id: "rb" },
    { type: "error", id: "c", index: 2, error },
    { type: "response", id: "a", index: 0, success: true, data: { rows: 1 } },
  );
  assert.deepEqual(
    records.map((record) => record.status),
    ["completed", "pending", "failed"],
  );
  assert.deepEqual(refusals, [{ record: records[2], error }]);
});

test("a request that was never answered is sent again under the same id, and one that was is not", async (t) => {
  const page = await connected(t);
  await submitted(page);
  page.requests.submit("echo", { text: "lost" });
  const [, lost] = page.sentOf("request");
  FakeWebSocket.last.end(1006);
  page.requests.submit("echo", { text: "written meanwhile" });
  await page.time.pass(page.client.retryAt - page.time.ms);
  await page.welcome();
  const [again, meanwhile, ...more] = page.sentOf("request");
  assert.deepEqual(again, lost);
  assert.equal(meanwhile.payload.text, "written meanwhile");
  assert.deepEqual(more, []);
});

test("a refusal names the request it belongs to", async (t) => {
  const page = await connected(t);
  const refusals = heard(page.requests, "refused");
  const [record] = page.requests.submit("echo", {});
  const error = { code: "INTERNAL_ERROR", message: "Broken.", details: { faults: [] }, retryable: true };
  await page.say({ type: "error", id: page.sentOf("request")[0].id, error });
  assert.deepEqual([record.status, record.error, record.refused], ["failed", error, true]);
  assert.deepEqual(refusals, [{ record, error }]);
});

test("what is larger than the server takes is refused here, and never sent", async (t) => {
  const page = await connected(t, { limits: { frame_bytes: 200 } });
  const [record] = page.requests.submit("echo", { text: "ø".repeat(100) });
  assert.equal(record.error.code, "PAYLOAD_TOO_LARGE");
  assert.match(record.error.message, /^This has 211 bytes; a request may have at most 200\./);
  assert.deepEqual(page.sentOf("request"), []);
});

test("a wish to cancel outlives the connection, and ends with the request", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  page.requests.cancel(record);
  assert.equal(page.sentOf("cancel").length, 1);
  await page.reconnect();
  assert.equal(page.sentOf("cancel").length, 1);
  await page.say({ type: "cancelled", request_id: ID, seq: 1, mode: "cooperative", final: true });
  assert.deepEqual([record.status, record.cancelling], ["cancelled", false]);
});

test("a cancel that came too late is no news, and one that is refused is told to the person", async (t) => {
  const page = await connected(t);
  const notices = heard(page.requests, "notice");
  const record = await submitted(page);
  page.requests.cancel(record);
  const late = { code: "VALIDATION_ERROR", message: "It has ended.", details: { status: "completed" } };
  await page.say({ type: "error", id: page.sentOf("cancel")[0].id, error: late });
  assert.deepEqual(notices, []);
  page.requests.cancel(record);
  await page.say({
    type: "error",
    id: page.sentOf("cancel")[1].id,
    error: { code: "FORBIDDEN", message: "Not yours." },
  });
  assert.deepEqual([record.cancelling, notices], [false, ["Not yours."]]);
});

test("fields that the server left out are named", async (t) => {
  const page = await connected(t);
  const notices = heard(page.requests, "notice");
  page.requests.submit("echo", { colour: "red" });
  const warnings = [{ path: "colour", message: "no such field" }];
  await page.say({ type: "acknowledgment", id: page.sentOf("request")[0].id, request_id: ID, warnings });
  assert.deepEqual(notices, ["colour: no such field"]);
});

test("signing out forgets all that was to be sent", async (t) => {
  const page = await connected(t);
  page.requests.submit("echo", { text: "of somebody else" });
  page.client.close();
  page.requests.reset();
  await page.open();
  assert.deepEqual([page.sent, page.store.all()], [[], []]);
});

test("what is done again is a request of its own, with what the first had, and comes from no form", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  record.tags = ["nightly"];
  await page.say(complete(1));
  const fresh = page.requests.again(record);
  const [sent] = page.sentOf("regenerate");
  assert.deepEqual([sent.request_id, sent.id], [ID, fresh.clientId]);
  assert.deepEqual(
    [fresh.again, fresh.action, fresh.payload, fresh.tags],
    [true, "generate_report", { format: "pdf" }, ["nightly"]],
  );
  assert.equal(record.again, false);
});

test("two presses have it done once more, and one after a second does it once more again", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(complete(1));
  assert.ok(page.requests.again(record));
  assert.equal(page.requests.again(record), null);
  const [{ id }] = page.sentOf("regenerate");
  await page.say({ type: "acknowledgment", id, request_id: "r2", status: "queued" });
  assert.equal(page.requests.again(record), null, "the answer came between two clicks");
  await page.time.pass(1000);
  assert.ok(page.requests.again(record));
  assert.equal(page.sentOf("regenerate").length, 2);
});

test("on a slow network a press counts until the server has answered", async (t) => {
  const page = await connected(t);
  const record = await submitted(page);
  await page.say(complete(1));
  page.requests.again(record);
  await page.time.pass(5000);
  assert.deepEqual([record.repeating, page.requests.again(record)], [true, null]);
});

test("what the server never stored is sent anew from here", async (t) => {
  const page = await connected(t);
  const [record] = page.requests.submit("echo", { text: "x" }, { tags: ["t"] });
  await page.say({ type: "response", id: record.clientId, success: true, data: {} });
  const fresh = page.requests.again(record);
  const [first, second] = page.sentOf("request");
  assert.deepEqual({ ...second, id: first.id }, first);
  assert.notEqual(second.id, first.id);
  assert.equal(fresh.again, true);
});

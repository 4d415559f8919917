import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Uploads } from "../../../realtime/static/streamer/uploads/queue.js";
import { heard } from "../fakes/browser.js";
import { settled } from "../fakes/time.js";

/** An XMLHttpRequest whose other end is the test. */
class FakeRequest extends EventTarget {
  static made = [];

  static get last() {
    return FakeRequest.made.at(-1);
  }

  upload = new EventTarget();
  headers = {};
  status = 0;
  response = null;

  constructor() {
    super();
    FakeRequest.made.push(this);
  }

  open(method, url) {
    Object.assign(this, { method, url: String(url) });
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(body) {
    this.body = body;
  }

  abort() {
    this.dispatchEvent(new Event("abort"));
  }

  progress(loaded, total) {
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded, total }));
  }

  async answer(status, response) {
    Object.assign(this, { status, response });
    this.upload.dispatchEvent(new Event("load"));
    this.dispatchEvent(new Event("load"));
    await settled();
  }
}

beforeEach(() => {
  FakeRequest.made = [];
  globalThis.XMLHttpRequest = FakeRequest;
});

function queue({ limit = null } = {}) {
  const session = { token: "t1", fresh: async () => session.token, distrust: () => (session.token = "t2") };
  return new Uploads(session, () => limit);
}

/** A file of some bytes. */
function file(bytes) {
  return new Blob(["x".repeat(bytes)]);
}

async function added(uploads, bytes = 10, wish = {}) {
  uploads.add(file(bytes), wish);
  await settled();
  return uploads.all[0];
}

test("a file goes with what was said about it, and becomes a dataset", async () => {
  const uploads = queue();
  const done = heard(uploads, "done");
  const upload = await added(uploads, 10, { name: "orders", sheet: "" });
  const { method, url, headers, body } = FakeRequest.last;
  assert.deepEqual([method, url, headers.Authorization], ["POST", "http://console.test/api/datasets/", "Bearer t1"]);
  assert.deepEqual([[...body.keys()], body.get("name")], [["name", "file"], "orders"]);
  FakeRequest.last.progress(5, 20);
  assert.deepEqual([upload.state, upload.sent, upload.total], ["sending", 5, 20]);
  await FakeRequest.last.answer(201, { name: "orders" });
  assert.deepEqual([upload.state, upload.dataset, done], ["done", { name: "orders" }, [upload]]);
});

test("files go one after the other, in the order they came", async () => {
  const uploads = queue();
  const first = await added(uploads);
  const second = await added(uploads);
  const third = await added(uploads);
  assert.deepEqual([first.state, second.state, third.state], ["sending", "waiting", "waiting"]);
  assert.equal(uploads.busy, true);
  await FakeRequest.last.answer(201, {});
  assert.deepEqual([first.state, second.state, third.state], ["done", "sending", "waiting"]);
  await FakeRequest.last.answer(400, { error: { code: "VALIDATION_ERROR", message: "No table." } });
  assert.deepEqual([second.state, second.error.message, third.state], ["failed", "No table.", "sending"]);
  await FakeRequest.last.answer(201, {});
  assert.equal(uploads.busy, false);
});

test("what the server would not take is not sent", async () => {
  const uploads = queue({ limit: 2048 });
  const tooLarge = await added(uploads, 4096);
  const empty = await added(uploads, 0);
  assert.deepEqual([tooLarge.state, empty.state, FakeRequest.made.length], ["failed", "failed", 0]);
  assert.equal(tooLarge.error.message, "The file has 4.1 kB; an upload may have at most 2 kB.");
  assert.equal(empty.error.message, "The file is empty.");
  assert.equal((await added(uploads, 2048)).state, "sending");
});

test("an upload that is stopped makes room for the next, and may be tried again", async () => {
  const uploads = queue();
  const first = await added(uploads);
  const second = await added(uploads);
  uploads.stop(first);
  await settled();
  assert.deepEqual([first.state, second.state], ["stopped", "sending"]);
  uploads.again(first);
  assert.equal(first.state, "waiting");
  await FakeRequest.last.answer(201, {});
  assert.equal(first.state, "sending");
});

test("one that waits can be stopped without a word to the server", async () => {
  const uploads = queue();
  await added(uploads);
  const second = await added(uploads);
  uploads.stop(second);
  await FakeRequest.last.answer(201, {});
  assert.deepEqual([second.state, FakeRequest.made.length], ["stopped", 1]);
});

test("a refused token is exchanged once, and the file sent again", async () => {
  const uploads = queue();
  const upload = await added(uploads);
  await FakeRequest.last.answer(401, null);
  assert.equal(FakeRequest.last.headers.Authorization, "Bearer t2");
  await FakeRequest.last.answer(401, null);
  assert.deepEqual([upload.state, upload.error.status, FakeRequest.made.length], ["failed", 401, 2]);
});

test("a connection that breaks is a failure that says so", async () => {
  const uploads = queue();
  const upload = await added(uploads);
  FakeRequest.last.dispatchEvent(new Event("error"));
  await settled();
  assert.deepEqual([upload.state, upload.error.code], ["failed", "UNREACHABLE"]);
});

test("signing out stops and forgets all of them", async () => {
  const uploads = queue();
  const first = await added(uploads);
  const second = await added(uploads);
  uploads.clear();
  await settled();
  assert.deepEqual([uploads.all, first.state, second.state, FakeRequest.made.length], [[], "stopped", "stopped", 1]);
});

test("an upload that is dismissed goes from the list, and no other does", async () => {
  const uploads = queue();
  const empty = await added(uploads, 0);
  const other = await added(uploads);
  uploads.dismiss(empty);
  assert.deepEqual(uploads.all, [other]);
});

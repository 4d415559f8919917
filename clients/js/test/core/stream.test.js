import assert from "node:assert/strict";
import { test } from "node:test";
import { Stream } from "../../dist/core/stream.js";

const MOST_UNREAD = 1024;

function opened(afterSeq = 0) {
  const taken = [];
  const rooms = [];
  const stream = new Stream(
    afterSeq,
    ({ seq }) => taken.push(seq),
    () => rooms.push(stream.seq),
  );
  return { stream, taken, rooms };
}

const event = (seq) => ({ type: "partial", seq });

test("each number counts once and in order", () => {
  const { stream } = opened(3);
  assert.deepEqual(
    [3, 4, 4, 6, 5, 6].map((seq) => stream.accept(event(seq))),
    ["old", "new", "old", "gap", "new", "new"],
  );
  assert.equal(stream.seq, 6);
});

test("a reader counts as having what it has taken, and no more", async () => {
  const { stream, taken } = opened();
  const first = stream.next();
  for (const seq of [1, 2, 3]) stream.accept(event(seq));
  assert.equal((await first).value.seq, 1);
  assert.deepEqual(taken, [1]);
  await stream.next();
  assert.deepEqual(taken, [1, 2]);
});

test("what nobody reads holds nobody up, and is there for whoever reads later", async () => {
  const { stream, taken } = opened();
  for (const seq of [1, 2]) stream.accept(event(seq));
  assert.deepEqual(taken, [1, 2]);
  assert.equal((await stream.next()).value.seq, 1);
});

test("memory is bounded: beyond, the rest stays in the log until there is room", async () => {
  const { stream, rooms } = opened();
  stream.next();
  for (let seq = 1; seq <= MOST_UNREAD + 1; seq += 1) assert.equal(stream.accept(event(seq)), "new");
  assert.equal(stream.accept(event(MOST_UNREAD + 2)), "full");
  assert.equal(stream.isBehind, true);
  assert.deepEqual(rooms, []);
  for (let read = 0; read < MOST_UNREAD / 2; read += 1) await stream.next();
  assert.deepEqual(rooms, [MOST_UNREAD + 1]);
  assert.equal(stream.accept(event(MOST_UNREAD + 2)), "new");
});

test("whoever waits for the end alone gets it, however much comes before", async () => {
  const { stream } = opened();
  stream.isAwaited = true;
  for (let seq = 1; seq <= 5 * MOST_UNREAD; seq += 1) assert.equal(stream.accept(event(seq)), "new");
  const last = { type: "complete", seq: 5 * MOST_UNREAD + 1, final: true };
  stream.accept(last);
  assert.equal(await stream.end, last);
});

test("a trimmed snapshot moves the number, and a final one is the end", async () => {
  const { stream } = opened(1);
  assert.equal(stream.accept({ type: "snapshot", seq: 9, status: "processing", reason: "trimmed" }), "new");
  assert.equal(stream.accept(event(10)), "new");
  stream.accept({ type: "snapshot", seq: 12, status: "failed", reason: "trimmed" });
  assert.equal((await stream.end).seq, 12);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { blank } from "../../../realtime/static/streamer/requests/record.js";
import { isLong } from "../../../realtime/static/streamer/shell/notifier.js";
import { NATIVE_KEYS, SHORTCUTS, shortcutOf, whereIs } from "../../../realtime/static/streamer/shell/shortcuts.js";
import { tabShare, tabTitle } from "../../../realtime/static/streamer/shell/tab_title.js";

const titleOf = (record) => record.title || record.action;
const running = (percentage, title) => blank({ status: "processing", action: "report", percentage, title });
const waiting = blank({ status: "pending", action: "report" });

test("the tab shows how far the one request is, or how many there are and how far the last of them is", () => {
  assert.equal(tabTitle([], titleOf), "Streamer console");
  assert.equal(tabTitle([running(43.9, "Report · Jan–Dec 2025")], titleOf), "43 % · Report · Jan–Dec 2025");
  assert.equal(tabTitle([waiting], titleOf), "Waiting · report");
  assert.equal(tabTitle([running(43), running(12.7), waiting], titleOf), "3 under way · 12 % · Streamer console");
  assert.equal(tabTitle([waiting, waiting], titleOf), "2 waiting · Streamer console");
  assert.deepEqual([tabShare([waiting]), tabShare([running(50), running(20)])], [null, 20]);
});

test("a long request is worth a notification, a quick or a refused one is not", () => {
  const ended = (known) => isLong(blank({ createdAt: 0, finishedAt: 60_000, status: "failed", ...known }));
  assert.deepEqual(
    [ended(), ended({ finishedAt: 4000 }), ended({ inline: true }), ended({ refused: true })],
    [true, false, false, false],
  );
});

test("each shortcut has keys of its own and a text", () => {
  const keys = [...SHORTCUTS, ...NATIVE_KEYS].flatMap((shortcut) => shortcut.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(SHORTCUTS.every(({ text }) => text.length > 3));
});

test("nothing fires while somebody types, holds a modifier, or has a dialog open", () => {
  const press = (key, where, more) => shortcutOf({ key, ...more }, where);
  for (const { name, keys } of SHORTCUTS) {
    assert.equal(press(keys[0], "page"), name);
    assert.equal(press(keys[0], "typing"), null);
    assert.equal(press(keys[0], "dialog"), null);
    for (const flag of ["ctrlKey", "metaKey", "altKey", "isComposing", "defaultPrevented"])
      assert.equal(press(keys[0], "page", { [flag]: true }), null);
  }
  assert.equal(press("z", "page"), null);
});

test("a key lands where the open dialog is, even when what had the focus there is gone", () => {
  const body = { closest: () => null };
  const input = { closest: () => body };
  const where = [
    whereIs(body),
    whereIs(body, { id: "detail" }),
    whereIs(body, { id: "" }),
    whereIs(input, { id: "x" }),
  ];
  assert.deepEqual(where, ["page", "detail", "dialog", "typing"]);
});

test("in the panel of a request there are those that mean it, and a held key only moves on", () => {
  assert.deepEqual(
    ["j", "k", "r", "c", "?", "n", "d"].map((key) => shortcutOf({ key }, "detail")),
    ["next", "previous", "again", "copy", "help", null, null],
  );
  assert.deepEqual(
    [shortcutOf({ key: "j", repeat: true }, "page"), shortcutOf({ key: "r", repeat: true }, "page")],
    ["next", null],
  );
});

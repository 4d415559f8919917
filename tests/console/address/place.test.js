import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentOf, MAX_CHARACTERS, placeOf, START } from "../../../realtime/static/streamer/address/place.js";
import { NO_FILTER } from "../../../realtime/static/streamer/requests/matching.js";
import { forSeeds } from "../fakes/random.js";

const PARTS = [
  "a",
  "B",
  "7",
  "é",
  "株",
  "😀",
  " ",
  "+",
  "&",
  "=",
  "#",
  "?",
  "/",
  "%",
  "%2F",
  '"',
  "\\",
  "\n",
  "<b>",
  "…",
];
const text = (random, most = 8) => Array.from({ length: random.between(1, most) }, () => random.pick(PARTS)).join("");
const maybe = (random, make) => (random.once(2) ? make() : "");

/** Any place that the page can be at. */
function anyPlace(random) {
  const section = random.pick(["new", "requests", "datasets"]);
  const day = () => `20${random.between(10, 99)}-0${random.between(1, 9)}-1${random.between(0, 9)}`;
  const filter = {
    text: maybe(random, () => text(random)),
    status: maybe(random, () => random.pick(["pending", "processing", "retrying", "completed", "failed", "cancelled"])),
    action: maybe(random, () => text(random)),
    tag: maybe(random, () => text(random)),
    from: maybe(random, day),
    to: maybe(random, day),
  };
  const place = { ...START, section, filter: section === "datasets" ? NO_FILTER : filter };
  const opened = random.once(2) ? text(random) : null;
  if (section === "requests") place.request = opened;
  if (section === "datasets") place.dataset = opened;
  if (section === "new" && opened) {
    const payload = {
      [text(random)]: random.pick([1, null, true, text(random), [text(random)], { [text(random)]: 2 }]),
    };
    Object.assign(place, { action: opened, payload: random.once(3) ? null : payload });
    place.tags = Array.from({ length: random.between(0, 3) }, () => text(random));
  }
  return place;
}

test("whatever the page shows, its address leads back to it", () => {
  forSeeds(400, (random) => {
    const place = anyPlace(random);
    const fragment = fragmentOf(place);
    assert.match(fragment, /^#\/[\x21-\x7e]*$/);
    assert.deepEqual(placeOf(fragment), place);
  });
});

test("whatever stands in an address, it leads somewhere, or nowhere, and breaks nothing", () => {
  forSeeds(400, (random) => {
    const place = placeOf(`#/${random.pick(["new/", "requests/", "datasets", ""])}${text(random)}?${text(random, 20)}`);
    assert.deepEqual(placeOf(fragmentOf(place)), place);
  });
});

test("the start has no words, and what is no address of the page is none", () => {
  assert.deepEqual([placeOf("#/"), placeOf("#/elsewhere")], [START, START]);
  for (const fragment of ["", "#", "#requests", "/requests"]) assert.equal(placeOf(fragment), null);
});

test("an address can be read and written by people", () => {
  const filter = { ...NO_FILTER, status: "failed", tag: "nightly" };
  assert.equal(
    fragmentOf({ ...START, section: "requests", request: "r1", filter }),
    "#/requests/r1?status=failed&tag=nightly",
  );
});

test("a status or a day that does not exist filters nothing", () => {
  assert.deepEqual(placeOf("#/requests?status=done&from=yesterday&to=2026-13").filter, NO_FILTER);
});

test("a payload that makes the address too long is left out, and the action stays", () => {
  const place = { ...START, action: "process_data", payload: { rows: "x".repeat(MAX_CHARACTERS) } };
  assert.equal(fragmentOf(place), "#/new/process_data");
});

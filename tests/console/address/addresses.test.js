import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Addresses } from "../../../realtime/static/streamer/address/addresses.js";
import { START } from "../../../realtime/static/streamer/address/place.js";

let steps;
let at;

/** The history of a tab, with the page that stands on it. */
function opened(fragment = "") {
  steps = [fragment];
  at = 0;
  const events = new EventTarget();
  const go = (step) => {
    at += step;
    events.dispatchEvent(new Event("popstate"));
  };
  Object.assign(globalThis, {
    addEventListener: events.addEventListener.bind(events),
    location: {
      pathname: "/",
      search: "",
      get hash() {
        return steps[at];
      },
      get href() {
        return `http://console.test/${steps[at]}`;
      },
    },
    history: {
      pushState: (_state, _title, text) => {
        steps = [...steps.slice(0, at + 1), text];
        at += 1;
      },
      replaceState: (_state, _title, text) => {
        steps[at] = text.startsWith("#") ? text : "";
      },
    },
  });
  const page = { place: START, shown: [], fetches: [] };
  const addresses = new Addresses({
    read: () => page.place,
    show: async (place) => {
      page.shown.push(place);
      await Promise.all(page.fetches);
      page.place = page.missing === place.request ? { ...place, request: null } : place;
    },
  });
  const move = (place, how) => {
    page.place = { ...START, ...place };
    addresses.changed(how);
  };
  return { page, addresses, go, move };
}

beforeEach(() => {
  steps = [""];
});

test("what somebody does is a step, what they type is none, and Back leads to where they were", async () => {
  const { page, addresses, go, move } = opened();
  await addresses.begin();
  move({ action: "echo" });
  move({ action: "echo", payload: { text: "x" } }, { replace: true });
  move({ section: "requests", request: "r1" });
  assert.deepEqual(steps, ["#/new", "#/new/echo?payload=%7B%22text%22%3A%22x%22%7D", "#/requests/r1"]);
  go(-1);
  assert.deepEqual(page.shown.at(-1), { ...START, action: "echo", payload: { text: "x" } });
  go(1);
  assert.equal(page.shown.at(-1).request, "r1");
});

test("before somebody has signed in nothing is shown, and then what the address says", async () => {
  const { page, addresses, go, move } = opened("#/requests/r1");
  move({ section: "datasets" });
  go(0);
  assert.deepEqual([steps, page.shown], [["#/requests/r1"], []]);
  await addresses.begin();
  assert.equal(page.place.request, "r1");
});

test("a session that ends keeps the address, signing out forgets it", async () => {
  const { addresses, move } = opened("#/requests/r1");
  await addresses.begin();
  addresses.end();
  move({ section: "datasets" });
  assert.deepEqual(steps, ["#/requests/r1"]);
  addresses.end({ forget: true });
  assert.deepEqual(steps, [""]);
});

test("what is not there any more is not in the address either", async () => {
  const { page, addresses } = opened("#/requests/gone?status=failed");
  page.missing = "gone";
  await addresses.begin();
  assert.deepEqual(steps, ["#/requests?status=failed"]);
});

test("who goes on while a request is fetched stays where they are", async () => {
  const { page, addresses, go } = opened("#/requests/slow");
  let arrive;
  page.fetches.push(
    new Promise((resolve) => {
      arrive = resolve;
    }),
  );
  const first = addresses.begin();
  steps[at] = "#/datasets/d1";
  page.fetches = [];
  go(0);
  await new Promise(setImmediate);
  arrive();
  await first;
  assert.deepEqual(steps, ["#/datasets/d1"]);
});

test("a link within the page shows nothing else", async () => {
  const { page, addresses, go } = opened("#/datasets");
  await addresses.begin();
  steps[at] = "#requests";
  go(0);
  assert.equal(page.shown.length, 1);
});

test("a link is a whole address", () => {
  const { addresses } = opened();
  assert.equal(addresses.linkTo({ section: "datasets", dataset: "d1" }), "http://console.test/#/datasets/d1");
});

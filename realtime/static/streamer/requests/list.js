/** The list of requests: those under way and those of before, newest first, by status, page by page. */

import { fill, h } from "../ground/dom.js";
import { STATUS_LABELS } from "../ground/format.js";
import { Card } from "./card.js";
import { LIVE } from "./record.js";

const FILTERS = ["", "processing", "pending", "retrying", "completed", "failed", "cancelled"];
const DRAW_PAUSE_MS = 30;
const FIRST_PAGE = 25;
const LATER_PAGE = 100;
/** Cards beyond those that were asked for, before the oldest are let go. */
const SPARE_CARDS = 100;

export class RequestList {
  #client;
  #store;
  #catalog;
  #on;
  #cards = new Map();
  #changed = new Set();
  #timer = null;
  #filter = "";
  #cursor = null;
  #oldestShown = Infinity;
  #wanted = FIRST_PAGE;
  #round = 0;
  #list = h("ol", { class: "cards", "data-testid": "request-list" });
  #foot = h("div", { class: "list-foot" });
  #chips;

  /** `onOpen(record)`, `onCancel(record)` and `onAgain(record)` come from the cards. `expiring` stands above them. */
  constructor(root, { client, store, feed, catalog, expiring, onOpen, onCancel, onAgain }) {
    this.#client = client;
    this.#store = store;
    this.#catalog = catalog;
    this.#on = { onOpen, onCancel, onAgain };
    this.#chips = FILTERS.map((status) => this.#chip(status));
    store.addEventListener("change", (event) => this.#drawSoon(event.detail));
    store.addEventListener("remove", (event) => this.#drawSoon(event.detail));
    feed.addEventListener("gap", () => this.reload());
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Show by status" }, this.#chips);
    const title = h("h2", { id: "requests-title", class: "pane-title" }, "Requests");
    fill(root, title, chips, expiring, this.#list, this.#foot);
    this.#markChips();
  }

  /** Ask for the first page anew. */
  async reload() {
    this.#cursor = null;
    this.#oldestShown = Infinity;
    this.#wanted = FIRST_PAGE;
    await this.#load(FIRST_PAGE);
  }

  /** The connection came or went, or a second has passed. */
  tick({ whole = false } = {}) {
    for (const card of this.#cards.values()) {
      if (whole) card.update(this.#client.open);
      else card.tick(this.#client.open);
    }
    const state = this.#foot.dataset.state;
    if (whole && this.#client.open && state === "offline") this.#showFoot("loading");
    if (whole && !this.#client.open && this.#cards.size === 0) this.#showFoot("offline");
  }

  clear() {
    this.#round += 1;
    this.#cards.clear();
    this.#changed.clear();
    this.#list.replaceChildren();
    this.#foot.replaceChildren();
    this.#oldestShown = Infinity;
  }

  #chip(status) {
    const click = () => {
      this.#filter = status;
      this.#markChips();
      this.clear();
      this.reload();
    };
    return h(
      "button",
      { type: "button", class: "chip", dataset: { status, testid: `filter-${status || "all"}` }, on: { click } },
      STATUS_LABELS[status] ?? "All",
    );
  }

  #markChips() {
    for (const chip of this.#chips) chip.setAttribute("aria-pressed", String(chip.dataset.status === this.#filter));
  }

  async #load(limit) {
    const round = ++this.#round;
    const before = this.#oldestShown;
    this.#showFoot("loading");
    try {
      let oldest;
      do {
        const { records, nextCursor } = await this.#client.list(this.#filter, this.#cursor, limit);
        if (round !== this.#round) return;
        this.#cursor = nextCursor;
        // What is older than the pages read so far stays hidden, or the list would have unseen holes.
        oldest = nextCursor ? Math.min(...records.map((record) => record.createdAt)) : -Infinity;
        // After some were let go, it is read from the top again, until older ones than before have come.
      } while (oldest >= before);
      this.#oldestShown = oldest;
      this.#wanted = Math.max(this.#wanted, this.#shown().length);
      this.#draw();
      this.#showFoot(this.#cursor ? "more" : "end");
    } catch (error) {
      if (round === this.#round) this.#showFoot(this.#client.open ? "failed" : "offline", error.message);
    }
  }

  #showFoot(state, message = "") {
    const again = (label, limit) =>
      h(
        "button",
        { class: "button", type: "button", "data-testid": "load-more", on: { click: () => this.#load(limit) } },
        label,
      );
    const none = this.#cards.size === 0;
    this.#list.setAttribute("aria-busy", String(state === "loading"));
    const content = {
      loading: none
        ? [1, 2, 3].map(() => h("div", { class: "skeleton tall", "aria-hidden": "true" }))
        : h("p", { class: "quiet" }, "Loading…"),
      more: again("Load more", LATER_PAGE),
      end: none ? this.#emptyState() : null,
      offline: none ? h("p", { class: "empty small" }, "Your requests appear here once there is a connection.") : null,
      failed: h("div", { class: "empty small", role: "alert" }, h("p", {}, message), again("Try again", FIRST_PAGE)),
    }[state];
    this.#foot.dataset.state = state;
    fill(this.#foot, content);
  }

  #emptyState() {
    if (this.#filter)
      return h("p", { class: "empty small" }, `No request is ${STATUS_LABELS[this.#filter].toLowerCase()}.`);
    return h(
      "div",
      { class: "empty", "data-testid": "empty" },
      h("span", { class: "empty-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("p", { class: "empty-title" }, "No requests yet"),
      h("p", {}, "Pick an action and send it. Its progress shows here while it runs."),
    );
  }

  #shows(record) {
    const matches = !this.#filter || record.status === this.#filter;
    const ownAndNew = record.clientId !== null || LIVE.has(record.status);
    return matches && (ownAndNew || record.createdAt >= this.#oldestShown);
  }

  #shown() {
    const shown = this.#store.all().filter((record) => this.#shows(record));
    return shown.sort((a, b) => b.createdAt - a.createdAt);
  }

  /** The messages of a moment are drawn together. (A timer, not a frame: a hidden page must not pile them up.) */
  #drawSoon(record) {
    this.#changed.add(record);
    // What somebody has just sent is there at once.
    if (record.status === "sending" && !this.#cards.has(record)) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), DRAW_PAUSE_MS);
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const shown = this.#letGo(this.#shown());
    const staying = new Set(shown);
    for (const record of this.#cards.keys()) if (!staying.has(record)) this.#take(record);
    let next = this.#list.firstChild;
    for (const record of shown) {
      const known = this.#cards.get(record);
      const card = known ?? new Card(record, this.#catalog, this.#on);
      if (!known || this.#changed.has(record)) card.update(this.#client.open);
      this.#cards.set(record, card);
      if (card.node === next) next = next.nextSibling;
      else this.#list.insertBefore(card.node, next);
    }
    this.#changed.clear();
    if (["end", "offline"].includes(this.#foot.dataset.state)) this.#showFoot(this.#foot.dataset.state);
  }

  /** Thousands may pass by while the page is open. Of those that ended, only so many are kept, here and in the store. */
  #letGo(shown) {
    const kept = shown.slice(0, this.#wanted + SPARE_CARDS);
    if (kept.length < shown.length) {
      kept.length = this.#wanted;
      kept.push(...shown.slice(this.#wanted).filter((record) => LIVE.has(record.status)));
      this.#oldestShown = kept[this.#wanted - 1].createdAt;
      this.#cursor = null;
      this.#showFoot("more");
    }
    const staying = new Set(kept);
    for (const record of this.#store.all())
      if (!staying.has(record) && !LIVE.has(record.status)) this.#store.forget(record);
    return kept;
  }

  #take(record) {
    this.#cards.get(record)?.node.remove();
    this.#cards.delete(record);
  }
}

/** The list of requests: those under way and those of before, newest first, by status, page by page. */

import { fill, h } from "../ground/dom.js";
import { STATUS_LABELS } from "../ground/format.js";
import { Card } from "./card.js";
import { FIRST_PAGE, LATER_PAGE, Pages } from "./pages.js";

const FILTERS = ["", "processing", "pending", "retrying", "completed", "failed", "cancelled"];
const DRAW_PAUSE_MS = 30;

export class RequestList {
  #client;
  #pages;
  #catalog;
  #on;
  #cards = new Map();
  #changed = new Set();
  #timer = null;
  #list = h("ol", { class: "cards", "data-testid": "request-list" });
  #foot = h("div", { class: "list-foot" });
  #chips;

  /** `onOpen(record)`, `onCancel(record)` and `onAgain(record)` come from the cards. `expiring` stands above them. */
  constructor(root, { client, store, feed, catalog, expiring, onOpen, onCancel, onAgain }) {
    this.#client = client;
    this.#pages = new Pages(store);
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
    this.#pages.restart();
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
    this.#pages.clear();
    this.#cards.clear();
    this.#changed.clear();
    this.#list.replaceChildren();
    this.#foot.replaceChildren();
  }

  #chip(status) {
    const click = () => {
      this.#pages.filter = status;
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
    for (const chip of this.#chips)
      chip.setAttribute("aria-pressed", String(chip.dataset.status === this.#pages.filter));
  }

  async #load(limit) {
    this.#showFoot("loading");
    try {
      const read = await this.#pages.read(limit, (status, cursor, most) => this.#client.list(status, cursor, most));
      if (!read) return;
      this.#draw();
      this.#showFoot(this.#pages.hasMore ? "more" : "end");
    } catch (error) {
      this.#showFoot(this.#client.open ? "failed" : "offline", error.message);
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
    if (this.#pages.filter)
      return h("p", { class: "empty small" }, `No request is ${STATUS_LABELS[this.#pages.filter].toLowerCase()}.`);
    return h(
      "div",
      { class: "empty", "data-testid": "empty" },
      h("span", { class: "empty-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("p", { class: "empty-title" }, "No requests yet"),
      h("p", {}, "Pick an action and send it. Its progress shows here while it runs."),
    );
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
    const { kept: shown, trimmed } = this.#pages.trim();
    if (trimmed) this.#showFoot("more");
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

  #take(record) {
    this.#cards.get(record)?.node.remove();
    this.#cards.delete(record);
  }
}

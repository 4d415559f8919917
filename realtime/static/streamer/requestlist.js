/** The list of requests: those under way and those of before, newest first, by status, page by page. */

import { Card } from "./card.js";
import { fill, h } from "./dom.js";
import { STATUS_LABELS } from "./format.js";
import { LIVE } from "./requests.js";

const FILTERS = ["", "processing", "pending", "retrying", "completed", "failed", "cancelled"];

export class RequestList {
  #client;
  #store;
  #catalog;
  #on;
  #cards = new Map();
  #filter = "";
  #cursor = null;
  #oldestShown = Infinity;
  #round = 0;
  #list = h("ol", { class: "cards", "data-testid": "request-list" });
  #foot = h("div", { class: "list-foot" });
  #chips;

  /** `onOpen(record)` and `onCancel(record)` come from the cards. */
  constructor(root, { client, store, catalog, onOpen, onCancel }) {
    this.#client = client;
    this.#store = store;
    this.#catalog = catalog;
    this.#on = { onOpen, onCancel };
    this.#chips = FILTERS.map((status) => this.#chip(status));
    store.addEventListener("change", (event) => this.#place(event.detail));
    store.addEventListener("remove", (event) => this.#take(event.detail));
    client.addEventListener("open", () => this.reload());
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Show by status" }, this.#chips);
    fill(root, h("h2", { id: "requests-title", class: "pane-title" }, "Requests"), chips, this.#list, this.#foot);
    this.#markChips();
  }

  /** Ask for the first page anew. */
  async reload() {
    this.#cursor = null;
    await this.#load();
  }

  /** The connection came or went, or a second has passed. */
  tick({ whole = false } = {}) {
    for (const card of this.#cards.values()) {
      if (whole) card.update(this.#client.open);
      else if (LIVE.has(card.record.status)) card.tick(this.#client.open);
    }
    if (whole && this.#cards.size === 0 && !this.#client.open) this.#showFoot("offline");
  }

  clear() {
    this.#round += 1;
    this.#cards.clear();
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

  async #load() {
    const round = ++this.#round;
    this.#showFoot("loading");
    try {
      const { records, nextCursor } = await this.#client.list(this.#filter, this.#cursor);
      if (round !== this.#round) return;
      this.#cursor = nextCursor;
      // What is older than the pages read so far stays hidden, or the list would have unseen holes.
      this.#oldestShown = nextCursor ? Math.min(...records.map((record) => record.createdAt)) : -Infinity;
      this.#store.all().forEach((record) => this.#place(record));
      this.#showFoot(nextCursor ? "more" : "end");
    } catch (error) {
      if (round === this.#round) this.#showFoot(this.#client.open ? "failed" : "offline", error.message);
    }
  }

  #showFoot(state, message = "") {
    const again = (label) =>
      h(
        "button",
        { class: "button", type: "button", "data-testid": "load-more", on: { click: () => this.#load() } },
        label,
      );
    const none = this.#cards.size === 0;
    this.#list.setAttribute("aria-busy", String(state === "loading"));
    const content = {
      loading: none
        ? [1, 2, 3].map(() => h("div", { class: "skeleton tall", "aria-hidden": "true" }))
        : h("p", { class: "quiet" }, "Loading…"),
      more: again("Load more"),
      end: none ? this.#emptyState() : null,
      offline: none ? h("p", { class: "empty small" }, "Your requests appear here once there is a connection.") : null,
      failed: h("div", { class: "empty small", role: "alert" }, h("p", {}, message), again("Try again")),
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

  #place(record) {
    if (!this.#shows(record)) return this.#take(record);
    let card = this.#cards.get(record);
    if (!card) {
      card = new Card(record, this.#catalog, this.#on);
      this.#cards.set(record, card);
      this.#insert(card);
      if (["end", "offline"].includes(this.#foot.dataset.state)) this.#showFoot(this.#foot.dataset.state);
    }
    card.update(this.#client.open);
  }

  #insert(card) {
    const older = [...this.#list.children].find((node) => node.createdAt < card.record.createdAt);
    card.node.createdAt = card.record.createdAt;
    this.#list.insertBefore(card.node, older ?? null);
  }

  #take(record) {
    this.#cards.get(record)?.node.remove();
    this.#cards.delete(record);
  }
}

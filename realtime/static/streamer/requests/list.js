/** The list of requests: those under way and those of before, newest first, by a filter, page by page. */

import { fill, h } from "../ground/dom.js";
import { Card } from "./card.js";
import { Filters } from "./filters.js";
import { Foot } from "./foot.js";
import { NO_FILTER } from "./matching.js";
import { FIRST_PAGE, Pages } from "./pages.js";
import { knownTags } from "./tags.js";

const DRAW_PAUSE_MS = 30;
const TYPING_PAUSE_MS = 300;
const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class RequestList {
  #requests;
  #link;
  #pages;
  #catalog;
  #on;
  #cards = new Map();
  #changed = new Set();
  #timer = null;
  #searchTimer = null;
  #list = h("ol", { class: "cards", "data-testid": "request-list" });
  #foot;
  #filters;

  /**
   * `onOpen(record)`, `onCancel(record)`, `onAgain(record)`, `onEdit(record)` and `onTag(tag)` come from the cards;
   * `onFilter({isTyping})` tells that `filter` has changed; `onSought(id)` that somebody looks for a request by its id;
   * `onNew()` that one is to be written. `expiring` stands above the cards.
   */
  constructor(root, { requests, link, store, feed, catalog, expiring, ...on }) {
    this.#requests = requests;
    this.#link = link;
    this.#pages = new Pages(store, (action) => catalog.titleOf(action));
    this.#catalog = catalog;
    this.#on = on;
    store.addEventListener("change", (event) => this.#drawSoon(event.detail));
    store.addEventListener("remove", (event) => this.#drawSoon(event.detail));
    feed.addEventListener("gap", () => this.reload());
    const suggest = () => knownTags(store.all());
    this.#filters = new Filters({ catalog, suggest, onChange: (filter) => this.#narrow(filter) });
    this.#foot = new Foot({
      onLoad: (limit) => this.#load(limit),
      onClear: () => this.#filters.clear(),
      onNew: () => on.onNew(),
    });
    const title = h("h2", { id: "requests-title", class: "pane-title" }, "Requests");
    const head = h("div", { class: "list-head" }, title, this.#filters.head);
    fill(root, head, this.#filters.node, expiring, this.#list, this.#foot.node);
  }

  get filter() {
    return this.#pages.filter;
  }

  /** Show what fits a filter, which may name some parts alone. Tells nobody. */
  show(filter) {
    const whole = { ...NO_FILTER, ...filter };
    if (Object.keys(whole).every((name) => whole[name] === this.filter[name])) return;
    this.#filters.show(whole);
    this.#apply(whole);
  }

  /** Show those alone that have this tag. */
  showTag(tag) {
    const filter = { ...this.filter, tag };
    this.#filters.show(filter);
    this.#narrow(filter);
  }

  /** Ask for the first page anew. */
  async reload() {
    this.#pages.restart();
    await this.#load(FIRST_PAGE);
  }

  /** The connection came or went, or a second has passed. */
  tick({ whole = false } = {}) {
    for (const card of this.#cards.values()) {
      if (whole) card.update(this.#link);
      else card.tick(this.#link);
    }
    if (whole && this.#requests.open && this.#foot.state === "offline") this.#showFoot("loading");
    if (whole && !this.#requests.open && this.#cards.size === 0) this.#showFoot("offline");
  }

  /** Forget what belonged to the person who signed out. */
  reset() {
    this.#pages.filter = NO_FILTER;
    this.#filters.show(NO_FILTER);
    this.clear();
  }

  clear() {
    this.#pages.clear();
    this.#cards.clear();
    this.#changed.clear();
    this.#list.replaceChildren();
    this.#foot.clear();
  }

  /** Put the focus where a text is looked for. */
  focusSearch() {
    this.#filters.focus();
  }

  /** The record whose card has the focus; null for none. */
  get focused() {
    return [...this.#cards.keys()].find((record) => this.#cards.get(record).isFocused) ?? null;
  }

  /** Put the focus `step` cards further, or on the first. */
  move(step) {
    const next = this.neighbour(this.focused, step);
    if (next) this.#cards.get(next).focus();
  }

  /** The record `step` cards below another one; the first for null, null past the ends. */
  neighbour(record, step) {
    const shown = this.#pages.shown().filter((one) => this.#cards.has(one));
    const at = shown.indexOf(record);
    return (at < 0 ? shown[0] : shown[at + step]) ?? null;
  }

  #narrow(filter) {
    const isTyping = filter.text !== this.filter.text;
    this.#apply(filter);
    if (isTyping && REQUEST_ID.test(filter.text)) this.#on.onSought(filter.text.toLowerCase());
    this.#on.onFilter({ isTyping });
  }

  /** A text is looked for in what is here at once, and by the server when somebody has stopped typing. */
  #apply(filter) {
    const before = this.filter;
    this.#pages.filter = filter;
    const isTextAlone = Object.keys(NO_FILTER).every((name) => name === "text" || filter[name] === before[name]);
    clearTimeout(this.#searchTimer);
    if (isTextAlone) {
      // The answer to a text that stood there before would say of this one that there is nothing.
      this.#pages.drop();
      this.#draw();
      this.#showFoot("loading");
      this.#searchTimer = setTimeout(() => this.reload(), TYPING_PAUSE_MS);
      return;
    }
    this.clear();
    this.reload();
  }

  async #load(limit) {
    this.#showFoot("loading");
    try {
      const read = await this.#pages.read(limit, (filter, cursor, most) => this.#requests.list(filter, cursor, most));
      if (!read) return;
      this.#draw();
      this.#showFoot(this.#pages.hasMore ? "more" : "end");
    } catch (error) {
      this.#showFoot(this.#requests.open ? "failed" : "offline", error.message);
    }
  }

  #showFoot(state, message = "") {
    this.#list.setAttribute("aria-busy", String(state === "loading"));
    this.#foot.show(state, { isEmpty: this.#cards.size === 0, filter: this.filter, message });
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
      if (!known || this.#changed.has(record)) card.update(this.#link);
      this.#cards.set(record, card);
      if (card.node === next) next = next.nextSibling;
      else this.#list.insertBefore(card.node, next);
    }
    this.#changed.clear();
    if (["more", "end", "offline"].includes(this.#foot.state)) this.#showFoot(this.#foot.state);
  }

  #take(record) {
    this.#cards.get(record)?.node.remove();
    this.#cards.delete(record);
  }
}

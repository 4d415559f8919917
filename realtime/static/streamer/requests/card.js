/** One request in the list. */

import { artifactsOf, countFiles } from "../files/artifacts.js";
import { linkKey } from "../files/expiry.js";
import { downloadLink } from "../files/link.js";
import { h, setText } from "../ground/dom.js";
import { fullTime, valuesLine } from "../ground/format.js";
import { CardButtons } from "./card_buttons.js";
import { originTag, progressBar, statusPill } from "./progress.js";
import { LIVE, nameOf } from "./record.js";
import { standingOf, timing } from "./status.js";
import { TagList } from "./tag_list.js";

const MOST_FILES = 4;

export class Card {
  #record;
  #title = null;
  #pill = statusPill();
  #origin = originTag();
  #bar = progressBar();
  #text = h("p", { class: "card-text", dir: "auto" });
  #payload = h("p", { class: "card-payload" });
  #tags;
  #files = h("div", { class: "downloads" });
  #shownFiles = null;
  #time = h("span", { class: "card-time" });
  #buttons;
  #open;
  #catalog;

  /** `on`: `onOpen(record)`, `onCancel(record)`, `onAgain(record)`, `onEdit(record)`, `onTag(tag)` */
  constructor(record, catalog, on) {
    this.#record = record;
    this.#catalog = catalog;
    this.#tags = new TagList(on.onTag);
    this.#buttons = new CardButtons(record, on);
    this.#open = h("button", {
      class: "card-open",
      type: "button",
      dir: "auto",
      "data-testid": "open",
      on: { click: () => on.onOpen(record) },
    });
    this.node = h(
      "li",
      { class: "card", dataset: { testid: "request" } },
      h("div", { class: "card-head" }, h("h3", {}, this.#open), this.#pill.node, this.#origin.node, this.#time),
      this.#payload,
      this.#bar.node,
      this.#text,
      this.#tags.node,
      h("div", { class: "card-foot" }, this.#files, this.#buttons.node),
    );
  }

  /** Whether the focus is on it, or on something in it. */
  get isFocused() {
    return this.node.contains(document.activeElement);
  }

  focus() {
    this.#open.focus();
    this.node.scrollIntoView({ block: "nearest" });
  }

  /** `link`: how up to date what is shown is. */
  update(link) {
    const record = this.#record;
    this.node.dataset.requestId = record.requestId ?? "";
    this.node.dataset.status = record.status;
    this.#title = nameOf(record, this.#catalog);
    setText(this.#open, this.#title);
    this.#pill.update(record);
    this.#origin.update(record);
    this.#bar.update(record, this.#title, !link.isLive);
    setText(this.#payload, valuesLine(this.#catalog.chosen(record.action, record.payload)));
    this.#tags.update(record.tags);
    this.#buttons.update(link, this.#title);
    this.#time.title = `Sent ${fullTime(record.createdAt)}`;
    this.tick(link);
  }

  /** What changes with time alone. */
  tick(link) {
    setText(this.#text, standingOf(this.#record, link));
    setText(this.#time, timing(this.#record));
    this.#updateFiles();
  }

  #updateFiles() {
    const record = this.#record;
    const files = LIVE.has(record.status) ? [] : artifactsOf(record);
    const count = countFiles(record);
    const key = [count, ...files.map(linkKey)].join();
    if (key === this.#shownFiles) return;
    this.#shownFiles = key;
    const links = files.map(downloadLink).filter(Boolean);
    const more = Math.max(links.length, files.length > 0 ? count : 0) - MOST_FILES;
    const rest = more > 0 ? h("span", { class: "quiet" }, `and ${more} more`) : null;
    this.#files.replaceChildren(...links.slice(0, MOST_FILES), ...(rest ? [rest] : []));
  }
}

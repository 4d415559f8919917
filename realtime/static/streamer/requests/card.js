/** One request in the list. */

import { artifactsOf } from "../files/artifacts.js";
import { hasExpired, linkKey } from "../files/expiry.js";
import { downloadLink } from "../files/link.js";
import { h, setText } from "../ground/dom.js";
import { fullTime, valuesLine } from "../ground/format.js";
import { originTag, progressBar, statusPill } from "./progress.js";
import { LIVE } from "./record.js";
import { sentenceOf, timing } from "./status.js";

const MOST_FILES = 4;

export class Card {
  #record;
  #title;
  #pill = statusPill();
  #origin = originTag();
  #bar = progressBar();
  #text = h("p", { class: "card-text" });
  #payload = h("p", { class: "card-payload" });
  #files = h("div", { class: "downloads" });
  #shownFiles = null;
  #time = h("span", { class: "card-time" });
  #cancel;
  #again;
  #catalog;

  /** `onOpen(record)`, `onCancel(record)`, `onAgain(record)` */
  constructor(record, catalog, { onOpen, onCancel, onAgain }) {
    const title = catalog.titleOf(record.action);
    this.#record = record;
    this.#catalog = catalog;
    this.#title = title;
    const button = (label, testid, click) =>
      h(
        "button",
        {
          class: "button small",
          type: "button",
          "aria-label": `${label} ${title}`,
          "data-testid": testid,
          on: { click },
        },
        label,
      );
    this.#cancel = button("Cancel", "cancel", () => onCancel(record));
    this.#again = button("Do again", "again", () => onAgain(record));
    const open = h(
      "button",
      { class: "card-open", type: "button", "data-testid": "open", on: { click: () => onOpen(record) } },
      title,
    );
    this.node = h(
      "li",
      { class: "card", dataset: { testid: "request" } },
      h(
        "div",
        { class: "card-head" },
        h("h3", {}, open),
        this.#pill.node,
        this.#origin.node,
        this.#time,
        this.#cancel,
        this.#again,
      ),
      this.#payload,
      this.#bar.node,
      this.#text,
      this.#files,
    );
  }

  update(connected) {
    const record = this.#record;
    const cancellable = LIVE.has(record.status) && record.status !== "sending";
    this.node.dataset.requestId = record.requestId ?? "";
    this.node.dataset.status = record.status;
    this.#pill.update(record);
    this.#origin.update(record);
    this.#bar.update(record, this.#title, !connected);
    setText(this.#payload, valuesLine(this.#catalog.chosen(record.action, record.payload)));
    this.#cancel.hidden = !cancellable;
    this.#cancel.disabled = record.cancelling || !connected;
    this.#again.disabled = !connected;
    this.#time.title = `Sent ${fullTime(record.createdAt)}`;
    this.tick(connected);
  }

  /** What changes with time alone. */
  tick(connected) {
    setText(this.#text, sentenceOf(this.#record, connected));
    setText(this.#time, timing(this.#record));
    this.#updateFiles();
  }

  #updateFiles() {
    const record = this.#record;
    const files = LIVE.has(record.status) ? [] : artifactsOf(record);
    // Once all are gone, doing it again is the way to have them back.
    this.#again.hidden = files.length === 0 || !files.every(hasExpired) || !record.requestId;
    const key = files.map(linkKey).join();
    if (key === this.#shownFiles) return;
    this.#shownFiles = key;
    const links = files.map(downloadLink).filter(Boolean);
    const more = links.length - MOST_FILES;
    const rest = more > 0 ? h("span", { class: "quiet" }, `and ${more} more`) : null;
    this.#files.replaceChildren(...links.slice(0, MOST_FILES), ...(rest ? [rest] : []));
  }
}

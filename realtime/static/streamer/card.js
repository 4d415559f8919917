/** One request in the list. */

import { downloadLink } from "./artifacts.js";
import { h, setText } from "./dom.js";
import { fullTime, valuesLine } from "./format.js";
import { progressBar, sentenceOf, statusPill, timing } from "./progress.js";
import { artifactsOf, LIVE } from "./requests.js";

export class Card {
  #record;
  #title;
  #pill = statusPill();
  #bar = progressBar();
  #text = h("p", { class: "card-text" });
  #payload = h("p", { class: "card-payload" });
  #files = h("div", { class: "downloads" });
  #shownFiles = null;
  #time = h("span", { class: "card-time" });
  #cancel;

  #catalog;

  /** `onOpen(record)`, `onCancel(record)` */
  constructor(record, catalog, { onOpen, onCancel }) {
    const title = catalog.titleOf(record.action);
    this.#record = record;
    this.#catalog = catalog;
    this.#title = title;
    this.#cancel = h(
      "button",
      {
        class: "button small",
        type: "button",
        "aria-label": `Cancel ${title}`,
        "data-testid": "cancel",
        on: { click: () => onCancel(record) },
      },
      "Cancel",
    );
    const open = h(
      "button",
      { class: "card-open", type: "button", "data-testid": "open", on: { click: () => onOpen(record) } },
      title,
    );
    const head = h("div", { class: "card-head" }, h("h3", {}, open), this.#pill.node, this.#time, this.#cancel);
    this.node = h(
      "li",
      { class: "card", dataset: { testid: "request" } },
      head,
      this.#payload,
      this.#bar.node,
      this.#text,
      this.#files,
    );
  }

  get record() {
    return this.#record;
  }

  update(connected) {
    const record = this.#record;
    this.node.dataset.requestId = record.requestId ?? "";
    this.node.dataset.status = record.status;
    this.#pill.update(record);
    this.#bar.update(record, this.#title, !connected);
    setText(this.#payload, valuesLine(this.#catalog.chosen(record.action, record.payload)));
    this.#cancel.hidden = !LIVE.has(record.status) || record.status === "sending";
    this.#cancel.disabled = record.cancelling || !connected;
    this.#time.title = `Sent ${fullTime(record.createdAt)}`;
    this.#updateFiles();
    this.tick(connected);
  }

  /** What changes with time alone. */
  tick(connected) {
    setText(this.#text, sentenceOf(this.#record, connected));
    setText(this.#time, timing(this.#record));
  }

  #updateFiles() {
    const files = this.#record.status === "completed" ? artifactsOf(this.#record) : [];
    const key = JSON.stringify(files);
    if (key === this.#shownFiles) return;
    this.#shownFiles = key;
    this.#files.replaceChildren(...files.map(downloadLink).filter(Boolean));
  }
}

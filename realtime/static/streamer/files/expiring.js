/** Files of this user that will expire soon, as the feed tells of them: above the list of requests. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { hasExpired, timeLeft } from "./expiry.js";

const DAYS = 7;

export class Expiring {
  #notices = new Map();
  #on;
  #title = h("summary", { class: "expiring-title" });
  #list = h("ul", { class: "expiring-list" });
  node = h("details", { class: "expiring", "data-testid": "expiring", hidden: true }, this.#title, this.#list);

  /** `onKeep(notice, days)` resolves when the file is kept; `onFind(requestId)` shows the request that made it. */
  constructor(feed, store, { onKeep, onFind }) {
    this.#on = { onKeep, onFind };
    feed.addEventListener("expiring", (event) => this.#add(event.detail));
    store.addEventListener("kept", (event) => this.#compare(event.detail));
  }

  clear() {
    this.#notices.clear();
    this.#draw();
  }

  /** A second has passed. */
  tick() {
    for (const { notice, left } of this.#notices.values()) {
      if (hasExpired(notice)) this.#drop(notice.artifact_id);
      else setText(left, timeLeft(notice));
    }
  }

  /** A file that is kept for longer is nothing to warn of, whoever wanted it. */
  #compare(file) {
    const known = this.#notices.get(file.artifact_id);
    if (known && Date.parse(file.expires_at) > Date.parse(known.notice.expires_at)) this.#drop(file.artifact_id);
  }

  #drop(artifactId) {
    if (this.#notices.delete(artifactId)) this.#draw();
  }

  #add(notice) {
    this.#notices.set(notice.artifact_id, this.#row(notice));
    this.#draw();
  }

  #row(notice) {
    const left = h("span", { class: "quiet" }, timeLeft(notice));
    const fault = h("span", { class: "fault", role: "alert" });
    const keep = h(
      "button",
      { class: "button small", type: "button", "data-testid": "expiring-keep" },
      `Keep for ${DAYS} more days`,
    );
    keep.addEventListener("click", () => this.#keep(notice, keep, fault));
    const find = () => this.#on.onFind(notice.request_id);
    const name = notice.request_id
      ? h("button", { class: "link", type: "button", on: { click: find } }, notice.filename)
      : h("span", {}, notice.filename);
    const of = notice.title ? h("span", { class: "quiet" }, notice.title) : null;
    return { notice, left, node: h("li", {}, name, of, left, keep, fault) };
  }

  async #keep(notice, button, fault) {
    button.disabled = true;
    setText(fault, "");
    try {
      await this.#on.onKeep(notice, DAYS);
      this.#drop(notice.artifact_id);
    } catch (error) {
      setText(fault, error.message);
    }
    button.disabled = false;
  }

  #draw() {
    const rows = [...this.#notices.values()];
    this.node.hidden = rows.length === 0;
    const files = rows.length === 1 ? `${rows[0].notice.filename} expires` : `${rows.length} files expire`;
    fill(this.#title, icon("clock"), h("span", {}, `${files} soon`));
    rows.sort((a, b) => Date.parse(a.notice.expires_at) - Date.parse(b.notice.expires_at));
    fill(
      this.#list,
      rows.map((row) => row.node),
    );
  }
}

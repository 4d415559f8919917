/** What a person can do with a request on its card. */

import { h, setText } from "../ground/dom.js";
import { LIVE } from "./record.js";
import { againLabel } from "./status.js";

export class CardButtons {
  #record;
  #cancel;
  #again;
  #edit;

  constructor(record, { onCancel, onAgain, onEdit }) {
    this.#record = record;
    const button = (label, testid, click) =>
      h("button", { class: "button small", type: "button", "data-testid": testid, on: { click } }, label);
    this.#cancel = button("Cancel", "cancel", () => onCancel(record));
    this.#again = button("", "again", () => onAgain(record));
    this.#edit = button("Edit and send", "edit", () => onEdit(record));
    this.node = h("div", { class: "card-buttons" }, this.#cancel, this.#again, this.#edit);
  }

  /** `title`: what the request is called, for screen readers. */
  update({ isLive }, title) {
    const record = this.#record;
    const label = againLabel(record);
    this.#cancel.hidden = !LIVE.has(record.status) || record.status === "sending";
    this.#cancel.disabled = record.cancelling || !isLive;
    this.#again.hidden = label === null;
    this.#again.disabled = record.repeating || !isLive;
    this.#edit.hidden = label !== "Retry";
    setText(this.#again, label ?? "");
    for (const button of [this.#cancel, this.#again, this.#edit])
      button.setAttribute("aria-label", `${button.textContent} ${title}`);
  }
}

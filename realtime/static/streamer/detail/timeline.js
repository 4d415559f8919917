/** The events of a request as they came, each with its number and, on demand, the whole message. */

import { toMs } from "../ground/clock.js";
import { h } from "../ground/dom.js";
import { fineTime } from "../ground/format.js";
import { eventText } from "./events.js";

export class Timeline {
  node = h("ol", { class: "timeline", "data-testid": "timeline" });
  #rows = new Map();

  /** Add what is not there yet; the order is that of the numbers. */
  update(record) {
    for (const seq of [...record.events.keys()].sort((a, b) => a - b)) {
      if (!this.#rows.has(seq)) this.#insert(seq, record.events.get(seq));
    }
  }

  #insert(seq, message) {
    const row = line(seq, message);
    this.#rows.set(seq, row);
    row.seq = seq;
    const later = [...this.node.children].find((node) => node.seq > seq);
    this.node.insertBefore(row, later ?? null);
  }
}

function line(seq, message) {
  const ms = toMs(message.timestamp);
  const summary = h(
    "summary",
    {},
    h("span", { class: "event-seq" }, seq ? String(seq) : "–"),
    h("span", { class: "event-type" }, message.type),
    h("span", { class: "event-text" }, eventText(message)),
    ms ? h("time", { class: "event-time", datetime: new Date(ms).toISOString() }, fineTime(ms)) : null,
  );
  const raw = h("pre", { class: "code", tabindex: "0" });
  // Hundreds of messages, some of them large: each is written out when somebody wants to see it.
  const toggle = () => (raw.textContent ||= JSON.stringify(message, null, 2));
  return h(
    "li",
    { dataset: { testid: "event", seq, type: message.type } },
    h("details", { on: { toggle } }, summary, raw),
  );
}

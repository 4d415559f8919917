/** How a request stands, drawn: a status pill, a progress bar, where its result is from. */

import { h, icon, setText } from "../ground/dom.js";
import { fullTime, statusText, time } from "../ground/format.js";
import { kindOf } from "./record.js";
import { barOf } from "./status.js";

const ICONS = {
  sending: "send",
  pending: "clock",
  processing: "run",
  retrying: "retry",
  completed: "check",
  with_failures: "alert",
  failed: "alert",
  cancelled: "stop",
};

/** → `{node, update(record)}` */
export function statusPill() {
  const node = h("span", { class: "pill", "data-testid": "request-status" });
  let shown = null;
  return {
    node,
    update(record) {
      const text = statusText(record.status, record.failedItems);
      if (shown === text) return;
      shown = text;
      node.dataset.status = record.status;
      node.dataset.kind = kindOf(record);
      node.replaceChildren(icon(ICONS[kindOf(record)]), text);
    },
  };
}

/** → `{node, update(record, title, stale)}`; `stale` while nobody can tell whether the value is still true. */
export function progressBar() {
  const fillNode = h("span", { class: "bar-fill" });
  const bar = h(
    "div",
    { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "data-testid": "request-bar" },
    fillNode,
  );
  const figure = h("span", { class: "bar-figure", "aria-hidden": "true" });
  const node = h("div", { class: "bar-row" }, bar, figure);
  return {
    node,
    update(record, title, stale) {
      const { hidden, percentage, rounded, text } = barOf(record, stale);
      node.hidden = hidden;
      fillNode.style.setProperty("--share", `${percentage}%`);
      bar.dataset.stale = String(stale);
      bar.setAttribute("aria-label", title);
      bar.setAttribute("aria-valuenow", String(rounded));
      bar.setAttribute("aria-valuetext", text);
      setText(figure, `${rounded} %`);
    },
  };
}

/** Says that a result was known already, and of when it is → `{node, update(record)}` */
export function originTag() {
  const node = h("span", { class: "origin", "data-testid": "cached", hidden: true });
  return {
    node,
    update(record) {
      node.hidden = record.computedAt === null;
      if (node.hidden) return;
      setText(node, `From the cache · made ${time(record.computedAt)}`);
      node.title = `Nothing was run: this is the result of an earlier request, made ${fullTime(record.computedAt)}`;
    },
  };
}

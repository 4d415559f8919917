/** Short texts for the person in the corner of the page; each goes by itself. */

import { h, icon } from "../ground/dom.js";

const NOTICE_MS = 8000;

/** `root`: where they are shown. `isGood`: what somebody wanted is done. */
export function notify(root, text, { isGood = false } = {}) {
  const close = () => notice.remove();
  const notice = h(
    "div",
    { class: "notice", dataset: { testid: "notice", good: isGood } },
    icon(isGood ? "check" : "alert"),
    h("p", {}, text),
    h(
      "button",
      { class: "button quiet square", type: "button", "aria-label": "Dismiss", on: { click: close } },
      icon("close"),
    ),
  );
  root.append(notice);
  setTimeout(close, NOTICE_MS);
}

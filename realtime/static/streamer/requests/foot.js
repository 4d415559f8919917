/** What stands below the list of requests: more of them, why there are none, or what went wrong. */

import { fill, h } from "../ground/dom.js";
import { STATUS_LABELS } from "../ground/format.js";
import { setParts } from "./matching.js";
import { FIRST_PAGE, LATER_PAGE } from "./pages.js";

export class Foot {
  node = h("div", { class: "list-foot" });
  #on;
  #shown = "";

  /** `onLoad(limit)` reads on; `onClear()` takes the filter away; `onNew()` goes to the actions. */
  constructor(on) {
    this.#on = on;
  }

  get state() {
    return this.node.dataset.state;
  }

  /**
   * `state`: `loading`, `more`, `end`, `offline` or `failed`, with a `message`. `isEmpty`: the list shows nothing.
   */
  show(state, { isEmpty, filter, message = "" }) {
    // A button that is replaced while somebody presses it is not pressed.
    const shown = JSON.stringify([state, isEmpty, filter, message]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const again = (label, limit) => this.#button(label, "load-more", () => this.#on.onLoad(limit));
    const content = {
      loading: () =>
        isEmpty
          ? [1, 2, 3].map(() => h("div", { class: "skeleton tall", "aria-hidden": "true" }))
          : h("p", { class: "quiet", role: "status" }, filter.text ? "Searching…" : "Loading…"),
      more: () => again("Load more", LATER_PAGE),
      end: () => (isEmpty ? this.#empty(filter) : null),
      offline: () =>
        isEmpty ? h("p", { class: "empty small" }, "Your requests appear here once there is a connection.") : null,
      failed: () =>
        h("div", { class: "empty small", role: "alert" }, h("p", {}, message), again("Try again", FIRST_PAGE)),
    }[state];
    this.node.dataset.state = state;
    fill(this.node, content());
  }

  clear() {
    this.#shown = "";
    fill(this.node);
  }

  #empty(filter) {
    if (setParts(filter))
      return h(
        "div",
        { class: "empty small" },
        h("p", { "data-testid": "none-fits" }, noneFits(filter)),
        this.#button("Clear the filter", "clear-filter", () => this.#on.onClear()),
      );
    return h(
      "div",
      { class: "empty", "data-testid": "empty" },
      h("span", { class: "empty-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("p", { class: "empty-title" }, "No requests yet"),
      h("p", {}, "Pick an action and send it. Its progress shows here while it runs."),
      this.#button("Pick an action", "empty-new", () => this.#on.onNew()),
    );
  }

  #button(label, testid, click) {
    return h("button", { class: "button", type: "button", "data-testid": testid, on: { click } }, label);
  }
}

/** A sentence on what was looked for in vain. */
export function noneFits({ text, status, action, tag, from, to }) {
  const parts = [
    text ? ` that matches “${text}”` : "",
    action ? " of this action" : "",
    tag ? ` with the tag “${tag}”` : "",
    from || to ? " of these days" : "",
  ];
  return `No request${parts.join("")} ${status ? `is ${STATUS_LABELS[status].toLowerCase()}` : "was found"}.`;
}

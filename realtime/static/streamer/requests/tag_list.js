/** The tags of a request as buttons: each shows the requests that have it. */

import { fill, h } from "../ground/dom.js";

export class TagList {
  node = h("ul", { class: "tag-list", "data-testid": "tags-of-request" });
  #shown = null;
  #onTag;

  constructor(onTag) {
    this.#onTag = onTag;
  }

  update(tags) {
    const key = tags.join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    fill(
      this.node,
      tags.map((tag) => h("li", {}, this.#button(tag))),
    );
  }

  #button(tag) {
    const props = { class: "tag", type: "button", "aria-label": `Show requests with the tag ${tag}`, title: tag };
    return h(
      "button",
      { ...props, on: { click: () => this.#onTag(tag) } },
      h("span", { class: "tag-text", dir: "auto" }, tag),
    );
  }
}

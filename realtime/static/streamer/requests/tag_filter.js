/** A field above the list of requests: shows those alone that have a tag. */

import { fill, h, icon } from "../ground/dom.js";

export class TagFilter {
  #input;
  #clear;
  #onChange;
  #shown = "";
  node;

  /** `suggest()` gives tags that are in use; `onChange(tag)` gets an empty text for all. */
  constructor({ suggest, onChange }) {
    this.#onChange = onChange;
    const suggestions = h("datalist", { id: "tag-filter-list" });
    this.#input = h("input", {
      type: "search",
      class: "input",
      list: suggestions.id,
      placeholder: "Filter by tag",
      "aria-label": "Filter by tag",
      autocomplete: "off",
      spellcheck: "false",
      "data-testid": "filter-tag",
    });
    this.#input.addEventListener("focus", () => {
      fill(
        suggestions,
        suggest().map((value) => h("option", { value })),
      );
    });
    this.#input.addEventListener("change", () => this.#choose(this.#input.value.trim()));
    this.#input.addEventListener("keydown", (event) => event.key === "Escape" && this.#choose(""));
    const clear = () => {
      this.#choose("");
      this.#input.focus();
    };
    this.#clear = h(
      "button",
      { class: "button quiet", type: "button", "aria-label": "Show all tags", hidden: true, on: { click: clear } },
      icon("close"),
    );
    this.node = h("div", { class: "tag-filter" }, icon("tag"), this.#input, suggestions, this.#clear);
  }

  /** Show a tag that was chosen elsewhere. */
  show(tag) {
    this.#shown = this.#input.value = tag;
    this.#clear.hidden = tag === "";
    this.node.dataset.active = String(tag !== "");
  }

  #choose(tag) {
    if (tag === this.#shown) return;
    this.show(tag);
    this.#onChange(tag);
  }
}

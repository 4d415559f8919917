/** A field for tags: each becomes a chip, with Enter or a comma. Backspace in the empty field takes the last away. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { withTags } from "../requests/tags.js";

const ID = "request-tags";

export class TagField {
  #tags = [];
  #chips = h("ul", { class: "tag-chips" });
  #input;
  #suggestions = h("datalist", { id: `${ID}-list` });
  #fault = h("p", { class: "fault", id: `${ID}-fault`, "data-testid": "fault-tags", hidden: true });
  node;

  /** `suggest()` gives tags that are in use. */
  constructor(suggest) {
    this.#input = h("input", {
      id: ID,
      type: "text",
      class: "tag-input",
      list: this.#suggestions.id,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `${ID}-hint ${ID}-fault`,
      "data-testid": "tags",
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("input", () => this.#input.value.includes(",") && this.#take());
    this.#input.addEventListener("change", () => this.#take());
    this.#input.addEventListener("focus", () => {
      fill(
        this.#suggestions,
        suggest().map((value) => h("option", { value })),
      );
    });
    const box = h("div", { class: "input tag-box" }, this.#chips, this.#input, this.#suggestions);
    box.addEventListener("click", (event) => event.target === box && this.#input.focus());
    this.node = h(
      "div",
      { class: "field tag-field" },
      h("label", { class: "field-label", for: ID }, "Tags", h("span", { class: "required" }, "optional")),
      box,
      h("p", { class: "hint", id: `${ID}-hint` }, "To find the request by. Enter or a comma ends each."),
      this.#fault,
    );
  }

  /** → `{tags}`, or `{fault}`, which is shown too. */
  read() {
    return this.#take();
  }

  /** The tags that are chips already: what somebody is typing stays as it is. */
  get chips() {
    return [...this.#tags];
  }

  write(tags) {
    this.#tags = [...tags];
    this.#input.value = "";
    this.#complain("");
    this.#draw();
  }

  focus() {
    this.#input.focus();
  }

  #key(event) {
    const { value } = this.#input;
    if (event.key === "Enter" && value.trim() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#take();
    } else if (event.key === "Backspace" && value === "" && this.#tags.length) {
      this.#change(this.#tags.slice(0, -1));
    }
  }

  #take() {
    const read = withTags(this.#tags, this.#input.value);
    this.#complain(read.fault ?? "");
    if (read.fault) return read;
    this.#input.value = "";
    if (read.tags.length > this.#tags.length) this.#change(read.tags);
    return { tags: [...this.#tags] };
  }

  #change(tags) {
    this.#tags = tags;
    this.#complain("");
    this.#draw();
    this.node.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #draw() {
    fill(
      this.#chips,
      this.#tags.map((tag) => this.#chip(tag)),
    );
  }

  #chip(tag) {
    const remove = () => {
      this.#change(this.#tags.filter((other) => other !== tag));
      this.#input.focus();
    };
    const button = h(
      "button",
      { class: "tag-remove", type: "button", "aria-label": `Remove the tag ${tag}`, on: { click: remove } },
      icon("close"),
    );
    return h("li", { class: "tag" }, h("span", { class: "tag-text" }, tag), button);
  }

  #complain(text) {
    setText(this.#fault, text);
    this.#fault.hidden = text === "";
    this.#input.setAttribute("aria-invalid", String(text !== ""));
  }
}

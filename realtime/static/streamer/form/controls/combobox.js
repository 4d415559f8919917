/**
 * A text field with a list to choose from, as the pattern "combobox" of ARIA has it. Whatever is typed counts, whether it
 * is in the list or not.
 */

import { fill, h } from "../../ground/dom.js";
import { offered } from "../offered.js";

const KEYS = ["ArrowDown", "ArrowUp", "Enter", "Escape", "Tab"];

/**
 * `control`: that of the text. `load(input)` resolves to `[{value, label, about}]`; `about` stands beside it in the list.
 * With `load.hasLabels`, `label` stands in the field for the value. `none`: what is said where there is nothing to choose.
 */
export function combobox(control, id, load, none) {
  return new Combobox(control, id, load, none).control;
}

class Combobox {
  #inner;
  #id;
  #load;
  #none;
  #options = [];
  #shown = [];
  #active = -1;
  #round = 0;
  /** What was chosen from the list: its text stands in the field, its value is sent. */
  #chosen = null;
  #list;
  #note = h("p", { class: "options-note", role: "status" });
  #popup;
  #node;

  constructor(control, id, load, none) {
    this.#inner = control;
    this.#id = id;
    this.#load = load;
    this.#none = none;
    this.#list = h("ul", { id: `${id}-list`, class: "options", role: "listbox", "aria-label": "To choose from" });
    this.#popup = h("div", { class: "options-popup", hidden: true }, this.#list, this.#note);
    this.#node = h("div", { class: "combobox" }, control.node, this.#popup);
    const attributes = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(attributes)) control.target.setAttribute(name, value);
    control.target.setAttribute("aria-controls", this.#list.id);
    this.#node.addEventListener("keydown", (event) => this.#key(event));
    this.#node.addEventListener("input", (event) => event.isTrusted && this.#open({ isTyping: true }));
    this.#node.addEventListener("click", (event) => event.target === this.#input && this.#open());
    this.#node.addEventListener("focusout", (event) => this.#node.contains(event.relatedTarget) || this.#close());
    // A press in the list must not take the focus out of the field.
    this.#popup.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => this.#press(event));
  }

  get control() {
    const inner = this.#inner;
    return {
      ...inner,
      get target() {
        return inner.target;
      },
      node: this.#node,
      read: (complain) => this.#read(complain),
      write: (value) => this.#write(value),
    };
  }

  get #input() {
    return this.#inner.target;
  }

  get #isOpen() {
    return !this.#popup.hidden;
  }

  #read(complain) {
    const text = this.#input.value;
    const named = this.#load.hasLabels ? [this.#chosen, ...this.#options].find((one) => one?.label === text) : null;
    return named ? { value: named.value } : this.#inner.read(complain);
  }

  /** A value is shown by its label as soon as that is known, if nobody has typed meanwhile. */
  async #write(value) {
    this.#chosen = null;
    this.#inner.write(value);
    if (!value || !this.#load.hasLabels) return;
    const shown = this.#input.value;
    const option = (await this.#load(this.#input)).find((one) => one.value === value);
    if (option && this.#input.value === shown) this.#choose(option);
  }

  #choose({ value, label = value }) {
    this.#chosen = { value, label };
    this.#input.value = label;
  }

  async #open({ isTyping = false } = {}) {
    const round = ++this.#round;
    const wasOpen = this.#isOpen;
    this.#popup.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    if (!wasOpen) this.#draw([], "Loading…");
    this.#options = await this.#load(this.#input);
    if (round !== this.#round) return;
    const shown = offered(this.#options, isTyping ? this.#input.value : "");
    const text = this.#options.length ? "Nothing in the list matches. What you typed is sent as it is." : this.#none;
    this.#draw(shown, shown.length ? "" : text);
    this.#popup.scrollIntoView({ block: "nearest" });
  }

  #close() {
    this.#round += 1;
    this.#popup.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#move(-1);
  }

  #draw(options, note) {
    this.#shown = options;
    this.#list.hidden = options.length === 0;
    const current = this.#read().value;
    fill(
      this.#list,
      options.map(({ value, label, about }, at) =>
        h(
          "li",
          {
            id: `${this.#id}-option-${at}`,
            class: "option",
            role: "option",
            "aria-selected": String(value === current),
          },
          h("span", { class: "option-name" }, label ?? value),
          about && h("span", { class: "option-about" }, about),
        ),
      ),
    );
    this.#note.textContent = note;
    this.#note.hidden = note === "";
    this.#move(-1);
  }

  #move(at) {
    this.#active = at;
    [...this.#list.children].forEach((one, index) => one.classList.toggle("active", index === at));
    const option = this.#list.children[at];
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.target !== this.#input || event.isComposing || !KEYS.includes(event.key)) return;
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#arrow(event);
    else if (this.#isOpen && event.key === "Enter" && this.#active >= 0) this.#take(event, this.#active);
    else if (this.#isOpen && event.key === "Escape") {
      // Escape closes one thing at a time.
      event.stopPropagation();
      event.preventDefault();
      this.#close();
    } else if (event.key !== "Escape") this.#close();
  }

  #arrow(event) {
    event.preventDefault();
    if (!this.#isOpen) return void this.#open();
    if (this.#shown.length === 0) return;
    const last = this.#shown.length - 1;
    const to = this.#active + (event.key === "ArrowDown" ? 1 : -1);
    this.#move(to > last ? 0 : to < 0 ? last : to);
  }

  #press(event) {
    const option = event.target.closest(".option");
    if (option) this.#take(event, [...this.#list.children].indexOf(option));
  }

  #take(event, at) {
    event.preventDefault();
    event.stopPropagation();
    this.#choose(this.#shown[at]);
    this.#close();
    for (const name of ["input", "change"]) this.#input.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

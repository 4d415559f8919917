/** The fields above the list of requests: text, status, action, tag and days. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { STATUS_LABELS } from "../ground/format.js";
import { NO_FILTER, setParts } from "./matching.js";
import { TagFilter } from "./tag_filter.js";

const STATUSES = ["", "processing", "pending", "retrying", "completed", "failed", "cancelled"];
const FOLDED = ["action", "tag", "from", "to"];

export class Filters {
  #filter = NO_FILTER;
  #onChange;
  #catalog;
  #text;
  #toggle;
  #panel;
  #action = h("select", { class: "input", id: "filter-action", "data-testid": "filter-action" });
  #days;
  #tag;
  #chips;
  #clear;

  /** `suggest()` gives tags that are in use; `onChange(filter)` gets the whole of it. */
  constructor({ catalog, suggest, onChange }) {
    this.#catalog = catalog;
    this.#onChange = onChange;
    this.#text = this.#input("search", "text", "Find by title, action, tag or id", "input");
    this.#text.addEventListener("keydown", (event) => event.key === "Escape" && this.#set({ text: "" }));
    this.#toggle = h("button", {
      class: "button quiet filter-toggle",
      type: "button",
      "aria-expanded": "false",
      "aria-controls": "filter-panel",
      "data-testid": "filter-toggle",
      on: { click: () => this.#open(this.#panel.hidden) },
    });
    this.#tag = new TagFilter({ suggest, onChange: (tag) => this.#set({ tag }) });
    this.#days = { from: this.#input("date", "from", "From"), to: this.#input("date", "to", "To") };
    this.#action.addEventListener("change", () => this.#set({ action: this.#action.value }));
    this.#action.addEventListener("focus", () => this.#fillActions());
    this.#clear = h(
      "button",
      { class: "button small", type: "button", "data-testid": "filter-clear", on: { click: () => this.clear() } },
      "Clear all",
    );
    this.#panel = h(
      "div",
      { class: "filter-panel", id: "filter-panel", hidden: true },
      labelled("Action", this.#action),
      h("div", { class: "filter-field" }, h("span", { class: "filter-label" }, "Tag"), this.#tag.node),
      labelled("From", this.#days.from),
      labelled("To", this.#days.to),
      this.#clear,
    );
    this.#chips = STATUSES.map((status) => this.#chip(status));
    const search = h("div", { class: "search filter-search" }, icon("search"), this.#text);
    this.head = h("div", { class: "filter-head" }, search, this.#toggle);
    this.node = h(
      "div",
      { class: "filters", role: "search", "aria-label": "Requests" },
      this.#panel,
      h("div", { class: "chips", role: "group", "aria-label": "Show by status" }, this.#chips),
    );
    this.#draw();
  }

  /** Show a filter that was chosen elsewhere. Tells nobody. */
  show(filter) {
    this.#filter = { ...NO_FILTER, ...filter };
    if (setParts(this.#filter, FOLDED)) this.#open(true);
    this.#draw();
  }

  clear() {
    this.#set(NO_FILTER);
    this.#text.focus();
  }

  /** Put the focus where a text is looked for. */
  focus() {
    this.#text.focus();
    this.#text.select();
  }

  #set(change) {
    this.#filter = { ...this.#filter, ...change };
    this.#draw();
    this.#onChange(this.#filter);
  }

  #open(open) {
    if (open) this.#fillActions();
    this.#panel.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
  }

  #draw() {
    const { text, status, tag, from, to } = this.#filter;
    // A value that stands there already is left alone, or the place in it would be lost while somebody types.
    for (const [input, value] of [
      [this.#text, text],
      [this.#days.from, from],
      [this.#days.to, to],
    ])
      if (input.value !== value) input.value = value;
    this.#fillActions();
    this.#tag.show(tag);
    for (const chip of this.#chips) chip.setAttribute("aria-pressed", String(chip.dataset.status === status));
    bringIntoView(this.#chips.find((chip) => chip.dataset.status === status));
    const folded = setParts(this.#filter, FOLDED);
    setText(this.#toggle, folded ? `Filters (${folded})` : "Filters");
    this.#toggle.dataset.active = String(folded > 0);
    this.#clear.hidden = setParts(this.#filter) === 0;
  }

  /** The actions of the server, and the one that is looked for whether the server offers it or not. */
  #fillActions() {
    const { action } = this.#filter;
    const names = this.#catalog.actions.map((one) => one.action);
    const all = action && !names.includes(action) ? [...names, action] : names;
    const shown = [...this.#action.options].map((option) => option.value);
    // As JSON, for without any option it would be the same text as with the empty one alone.
    if (JSON.stringify(shown) !== JSON.stringify(["", ...all]))
      fill(
        this.#action,
        h("option", { value: "" }, "All"),
        all.map((name) => h("option", { value: name }, this.#catalog.titleOf(name))),
      );
    this.#action.value = action;
  }

  #input(type, name, label, kind = "input") {
    const input = h("input", {
      type,
      class: kind,
      id: `filter-${name}`,
      placeholder: label,
      "aria-label": label,
      autocomplete: "off",
      spellcheck: "false",
      "data-testid": `filter-${name}`,
    });
    const event = type === "date" ? "change" : "input";
    input.addEventListener(event, () => this.#set({ [name]: input.value }));
    return input;
  }

  #chip(status) {
    const chip = h("button", {
      type: "button",
      class: "chip",
      dataset: { status, testid: `filter-${status || "all"}` },
      on: { click: () => this.#set({ status }) },
    });
    setText(chip, STATUS_LABELS[status] ?? "All");
    return chip;
  }
}

function labelled(name, control) {
  return h("label", { class: "filter-field" }, h("span", { class: "filter-label" }, name), control);
}

/** A narrow window shows some of the chips alone. */
function bringIntoView(chip) {
  const row = chip?.parentElement;
  if (!row) return;
  const start = chip.offsetLeft - row.offsetLeft;
  const isOut = start < row.scrollLeft || start + chip.offsetWidth > row.scrollLeft + row.clientWidth;
  if (isOut) row.scrollLeft = start - (row.clientWidth - chip.offsetWidth) / 2;
}

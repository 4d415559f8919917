/** The list of datasets and sources, and how much of the quota they take. */

import { fill, h, setText } from "../ground/dom.js";
import { badge, factsLine, quotaOf } from "./facts.js";

export class DatasetList {
  #datasets;
  #onOpen;
  #chosen = null;
  #quota = quotaMeter();
  #list = h("ul", { class: "dataset-list", "data-testid": "dataset-list" });
  #foot = h("div", { class: "list-foot" });

  /** `onOpen(dataset)` */
  constructor(root, datasets, { onOpen }) {
    this.#datasets = datasets;
    this.#onOpen = onOpen;
    datasets.addEventListener("change", () => this.#draw());
    root.addEventListener("keydown", (event) => this.#move(event));
    fill(root, this.#quota.node, this.#list, this.#foot);
  }

  choose(id) {
    this.#chosen = id;
    for (const button of this.#list.querySelectorAll("button")) mark(button, id);
  }

  /** Put the focus on a dataset, or on the first one when it is not there. */
  focus(id) {
    (this.#button(id) ?? this.#list.querySelector("button"))?.focus();
  }

  #draw() {
    const { all, state } = this.#datasets;
    this.#quota.update(this.#datasets);
    this.#list.setAttribute("aria-busy", String(state === "loading"));
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    fill(
      this.#list,
      all.map((dataset) => this.#item(dataset)),
    );
    if (focused !== null) this.#button(focused)?.focus();
    this.#drawFoot();
  }

  #drawFoot() {
    const { all, state, failure, hasMore } = this.#datasets;
    const button = (label, click) => h("button", { class: "button", type: "button", on: { click } }, label);
    const uploaded = all.some((dataset) => dataset.kind === "dataset");
    const content = {
      loading: all.length ? null : [1, 2, 3].map(() => h("div", { class: "skeleton", "aria-hidden": "true" })),
      failed: h(
        "div",
        { class: "empty small", role: "alert" },
        h("p", {}, failure),
        button("Try again", () => this.#datasets.load()),
      ),
      ready: [
        uploaded ? null : h("p", { class: "empty small", "data-testid": "no-datasets" }, "Nothing is uploaded yet."),
        hasMore ? button("Load more", () => this.#datasets.more()) : null,
      ],
    }[state];
    fill(this.#foot, content);
  }

  #item(dataset) {
    const button = h(
      "button",
      {
        type: "button",
        class: "dataset",
        dataset: { testid: "dataset", id: dataset.dataset_id, name: dataset.name },
        on: { click: () => this.#onOpen(dataset) },
      },
      h(
        "span",
        { class: "dataset-head" },
        h("strong", { dir: "auto" }, dataset.name),
        h("span", { class: "badge" }, badge(dataset)),
      ),
      h("span", { class: "dataset-facts" }, factsLine(dataset)),
    );
    mark(button, this.#chosen);
    return h("li", {}, button);
  }

  #button(id) {
    return [...this.#list.querySelectorAll("button")].find((button) => button.dataset.id === id);
  }

  #move(event) {
    const buttons = [...this.#list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, at + step))].focus();
  }
}

function mark(button, chosen) {
  if (button.dataset.id === chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

/** → `{node, update(datasets)}` */
function quotaMeter() {
  const text = h("p", { class: "quota-text", "data-testid": "quota" });
  const filled = h("span", { class: "bar-fill" });
  const bar = h("div", { class: "bar", "aria-hidden": "true" }, filled);
  const node = h("div", { class: "quota", hidden: true }, text, bar);
  return {
    node,
    update(datasets) {
      node.hidden = datasets.usedBytes === null;
      if (node.hidden) return;
      const { text: said, percent, nearlyFull } = quotaOf(datasets);
      setText(text, said);
      bar.hidden = percent === null;
      filled.style.setProperty("--share", `${percent ?? 0}%`);
      node.dataset.full = String(nearlyFull);
    },
  };
}

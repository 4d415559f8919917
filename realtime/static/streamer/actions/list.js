/** The list of actions, with a search field. */

import { exampleList } from "../form/start.js";
import { fill, h, icon } from "../ground/dom.js";
import { inGroups } from "./groups.js";
import { matching } from "./search.js";

export class ActionList {
  #catalog;
  #onPick;
  #chosen = null;
  #list = h("ul", { class: "action-list" });
  #search = h("input", {
    type: "search",
    class: "input",
    placeholder: "Find an action",
    "aria-label": "Find an action",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    "data-testid": "action-search",
  });

  #examples = h("div", { class: "list-examples" });

  /** `onPick(action, payload)`; without a payload, the form begins as it was left. */
  constructor(root, catalog, onPick) {
    this.#catalog = catalog;
    this.#onPick = onPick;
    this.#search.addEventListener("input", () => this.#draw());
    root.addEventListener("keydown", (event) => this.#move(event));
    const box = h("div", { class: "search" }, icon("search"), this.#search, h("kbd", { "aria-hidden": "true" }, "/"));
    fill(root, h("h2", { id: "actions-title", class: "pane-title" }, "Actions"), box, this.#examples, this.#list);
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  choose(name) {
    this.#chosen = name;
    this.#draw();
  }

  showLoading() {
    fill(
      this.#list,
      [1, 2, 3, 4].map(() => h("li", { class: "skeleton", "aria-hidden": "true" })),
    );
  }

  showFailure(message, onRetry) {
    fill(
      this.#list,
      h(
        "li",
        { class: "empty", role: "alert" },
        h("p", {}, message),
        h("button", { class: "button", type: "button", on: { click: onRetry } }, icon("retry"), "Load again"),
      ),
    );
  }

  show() {
    fill(
      this.#examples,
      exampleList(this.#catalog.examples, ({ action, payload }) => this.#onPick(action, payload)),
    );
    this.#draw();
  }

  #draw() {
    const wanted = this.#search.value.trim().toLowerCase();
    const found = matching(this.#catalog.actions, wanted);
    fill(
      this.#list,
      found.length
        ? inGroups(found).map((group) => this.#group(group))
        : h("li", { class: "empty small" }, this.#nothing(wanted)),
    );
  }

  /** A group with its heading; one without a name has none where it stands alone. */
  #group({ name, actions }) {
    const isAlone = actions.length === this.#catalog.actions.length;
    const heading = name || (isAlone ? "" : "Other");
    const items = actions.map((action) => this.#item(action));
    if (!heading) return items;
    return h(
      "li",
      { class: "action-group" },
      h("h3", { class: "group-name" }, heading),
      h("ul", { class: "action-list", "aria-label": heading }, items),
    );
  }

  #nothing(wanted) {
    return wanted ? `No action matches “${wanted}”.` : "The server offers no actions.";
  }

  #item(action) {
    const current = action.action === this.#chosen;
    const button = h(
      "button",
      {
        type: "button",
        class: "action",
        "aria-current": current ? "true" : undefined,
        dataset: { testid: "action", action: action.action },
        on: { click: () => this.#onPick(action.action) },
      },
      h("span", { class: "action-title" }, this.#catalog.titleOf(action)),
      action.description ? h("span", { class: "action-text" }, action.description) : null,
    );
    return h("li", {}, button);
  }

  /** Arrow keys go through search field and list; Enter in the search field takes the first. */
  #move(event) {
    const stops = [this.#search, ...this.#list.querySelectorAll("button.action")];
    const at = stops.indexOf(document.activeElement);
    if (at < 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
    } else if (event.key === "Enter" && at === 0 && stops.length > 1) {
      event.preventDefault();
      stops[1].click();
    }
  }
}

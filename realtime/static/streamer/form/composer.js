/** Writing a request: the list of actions and the form of the chosen one. Drafts survive a change of action. */

import { ActionList } from "../actions/list.js";
import { fill, h } from "../ground/dom.js";
import { PayloadForm } from "./form.js";

export class Composer {
  #form = null;
  #drafts = new Map();
  #main;
  #root;
  #catalog;
  #session;
  #datasets;
  #onSend;

  /** `onSend(action, payload)` */
  constructor({ main, list, form, catalog, session, datasets, onSend }) {
    this.#main = main;
    this.#root = form;
    this.#catalog = catalog;
    this.#session = session;
    this.#datasets = datasets;
    this.#onSend = onSend;
    this.list = new ActionList(list, catalog, (name) => this.pick(name));
  }

  /** Load the catalog and show it; a failure is shown in its place. */
  async load() {
    this.list.showLoading();
    this.clear();
    try {
      await this.#catalog.load();
      this.list.show();
    } catch (error) {
      if (this.#session.active) this.list.showFailure(error.message, () => this.load());
    }
  }

  clear() {
    this.#form = null;
    this.#drafts.clear();
    this.list.choose(null);
    this.#main.dataset.step = "actions";
    fill(
      this.#root,
      h(
        "div",
        { class: "empty" },
        h("p", { class: "empty-title" }, "Choose an action"),
        h("p", {}, "Its form opens here. Press ", h("kbd", {}, "/"), " to search."),
      ),
    );
  }

  /** Open an action's form, with a payload to start from or what was typed there before. */
  pick(name, payload) {
    const action = this.#catalog.find(name);
    if (!action) return false;
    this.#keepDraft();
    this.#form = new PayloadForm(this.#root, action, {
      title: this.#catalog.titleOf(action),
      known: { sources: this.#catalog.sources, datasets: this.#datasets },
      permitted: this.#session.may(action.permission),
      onSend: (value) => this.#onSend(name, value),
      onBack: () => this.back(),
    });
    this.#form.write(payload ?? this.#drafts.get(name) ?? {});
    this.list.choose(name);
    this.#main.dataset.step = "form";
    this.#form.focus();
    return true;
  }

  /** Back to the list of actions, where the window is too narrow for both. */
  back() {
    this.#main.dataset.step = "actions";
    this.list.focusSearch();
  }

  /** Show why a request was not taken, if its form is still open. Returns whether it is. */
  showRefusal(record, error) {
    if (this.#form?.action !== record.action) return false;
    const faults = error.details?.faults ?? [];
    const count = faults.length === 1 ? "One thing has" : `${faults.length} things have`;
    this.#form.showFaults(faults.length ? `${count} to be put right.` : error.message, faults);
    return true;
  }

  #keepDraft() {
    const draft = this.#form?.draft();
    if (draft) this.#drafts.set(this.#form.action, draft);
  }
}

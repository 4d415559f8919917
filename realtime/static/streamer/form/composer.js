/** Writing a request: the list of actions and the form of the chosen one. Drafts survive a change of action. */

import { ActionList } from "../actions/list.js";
import { fill } from "../ground/dom.js";
import { PayloadForm } from "./form.js";
import { modelsIn } from "./models.js";
import { Sending } from "./sending.js";
import { startScreen } from "./start.js";

export class Composer {
  #form = null;
  #sending = new Sending();
  #drafts;
  #main;
  #root;
  #catalog;
  #session;
  #known;
  #onSend;
  #onMove;
  #foot;

  /**
   * `onSend(action, payload, {tags, ids})` resolves when the server has taken or refused it; `onMove()` tells that
   * another form is open; `tags()` gives tags that are in use, `records()` the requests that are known; `run(action,
   * payload)` answers with the data of an inline action. `drafts` has `get(action)` and `set(action, {payload, tags})`.
   * `foot` stands below each form.
   */
  constructor({ main, list, form, foot, catalog, session, datasets, drafts, tags, records, run, onSend, onMove }) {
    this.#main = main;
    this.#root = form;
    this.#catalog = catalog;
    this.#session = session;
    this.#known = {
      ...{ datasets, tags, run },
      models: () => modelsIn(records()),
      actions: () => catalog.actions.map((action) => ({ ...action, title: catalog.titleOf(action) })),
    };
    this.#drafts = drafts;
    this.#onSend = onSend;
    this.#onMove = onMove;
    this.#foot = foot;
    this.list = new ActionList(list, catalog, (name, payload) => this.pick(name, payload));
  }

  /** Load the catalog and show it; a failure is shown in its place. */
  async load() {
    this.list.showLoading();
    this.clear();
    try {
      await this.#catalog.load();
      this.list.show();
      if (!this.#form) this.#showStart();
    } catch (error) {
      if (this.#session.active) this.list.showFailure(error.message, () => this.load());
    }
  }

  clear() {
    this.#form = null;
    this.list.choose(null);
    this.#main.dataset.step = "actions";
    this.#showStart();
  }

  /** Forget what belonged to the person who signed out. */
  reset() {
    this.#sending.clear();
    this.clear();
  }

  #showStart() {
    fill(
      this.#root,
      startScreen(this.#catalog.examples, ({ action, payload }) => this.pick(action, payload)),
    );
  }

  /** Close the form; what was typed there comes back with it. */
  leave() {
    this.keepDraft();
    this.clear();
  }

  /** Open an action's form, with a payload and tags to start from, or what was typed there before. */
  pick(name, payload, tags) {
    const action = this.#catalog.find(name);
    if (!action) return false;
    this.keepDraft();
    this.#form = new PayloadForm(this.#root, action, {
      title: this.#catalog.titleOf(action),
      known: { sources: this.#catalog.sources, ...this.#known },
      permitted: this.#session.may(action.permission),
      sending: this.#sending,
      onSend: (value, options) => this.#onSend(name, value, options),
      onBack: () => this.back(),
    });
    const draft = payload ? { payload, tags } : this.#drafts.get(name);
    this.#form.write(draft?.payload ?? {}, draft?.tags);
    this.list.choose(name);
    this.#main.dataset.step = "form";
    this.#root.append(this.#foot);
    this.#form.focus();
    // The form before may have been scrolled, and a narrow window would hide the name of the action above the field.
    this.#root.scrollTop = 0;
    scrollTo({ top: 0 });
    this.#onMove();
    return true;
  }

  /** What stands in the form that is open: `{action, payload, tags}`; null when there is none. */
  get opened() {
    return this.#form && { action: this.#form.action, ...this.#form.draft() };
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
    const count = faults.length === 1 ? "One field needs" : `${faults.length} fields need`;
    this.#form.showFaults(faults.length ? `${count} a correction.` : error.message, faults);
    return true;
  }

  /** These were sent before the page was loaded anew: pressing Send sends none of them twice until `taken(record)`. */
  resume(records, taken) {
    const contents = new Map(records.map((one) => [JSON.stringify(contentOf(one)), one]));
    for (const [key, record] of contents) {
      const same = records.filter((one) => JSON.stringify(contentOf(one)) === key);
      const all = Promise.all(same.map(taken));
      this.#sending.resume(contentOf(record), record.siblings, all).then(() => this.#form?.showBusy());
    }
    this.#form?.showBusy();
  }

  /** Have what stands in the form outlive it. */
  keepDraft() {
    const draft = this.#form?.draft();
    if (draft) this.#drafts.set(this.#form.action, draft);
  }
}

function contentOf({ action, payload, tags }) {
  return [action, payload, tags];
}

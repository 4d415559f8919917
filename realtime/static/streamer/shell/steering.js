/** What somebody does with requests, wherever on the page they do it. */

import { artifactsOf } from "../files/artifacts.js";
import { pressed } from "../ground/pressed.js";

export class Steering {
  /** `{composer, detail, requestList}`, which in turn are given what is here. */
  parts;
  #api;
  #session;
  #catalog;
  #store;
  #requests;
  #page;

  /** `goTo(pane)` and `showPane(pane)`, the latter without a new address; `announce(text)`, `say(text)`. */
  constructor({ api, session, catalog, store, requests, ...page }) {
    this.#api = api;
    this.#session = session;
    this.#catalog = catalog;
    this.#store = store;
    this.#requests = requests;
    this.#page = page;
  }

  /** Resolves when the server has taken all of it, or refused it, and another press is another wish. */
  send = async (action, payload, options) => {
    const records = this.#requests.submit(action, payload, options);
    this.#page.announce(`${this.#catalog.titleOf(action)}: ${records.length > 1 ? `${records.length} sent` : "sent"}`);
    if (records[0].status === "sending") this.#page.goTo("requests");
    await Promise.all([...records.map((record) => this.#store.taken(record)), pressed()]);
  };

  /** Send again what was on its way when the page was loaded anew: `keeping/unsent.js` has its entries. */
  resume = (entries) => {
    const records = entries.map((entry) => this.#requests.resend(entry));
    this.parts.composer.resume(
      records.filter(({ regenerates }) => !regenerates),
      (record) => this.#store.taken(record),
    );
  };

  /** The server has not taken it. */
  refused = ({ record, error }) => {
    const faulty = error.code === "VALIDATION_ERROR";
    // What was done again came from no form.
    if (record.again || !this.parts.composer.showRefusal(record, error) || !faulty) return;
    // Its faults stand in the form, to be put right there: a failed card beside it would say it twice.
    this.#store.remove(record);
    this.#page.goTo("composer");
  };

  /** Open the form with what a request was sent with; a list does not tell that. */
  reuse = async (record) => {
    try {
      record.payload ??= (await this.#api.request(record.requestId)).payload;
    } catch (error) {
      if (this.#session.active) this.#page.say(`What it was sent with could not be loaded. ${error.message}`);
      return;
    }
    this.#openForm(record.action, record.payload ?? {}, record.tags);
  };

  /** Have an ended request run again, and show how it goes. */
  again = (record) => {
    const fresh = this.#requests.again(record);
    if (!fresh) return;
    this.#page.announce(`${this.#catalog.titleOf(record.action)}: sent again`);
    if (this.parts.detail.record === record) this.parts.detail.open(fresh);
  };

  /** Show a request that may not be on this page. */
  find = async (requestId) => {
    try {
      this.parts.detail.open(await this.fetch(requestId));
    } catch (error) {
      const gone = "That request is no longer there, or it is not yours.";
      if (this.#session.active) this.#page.say(error.status === 404 ? gone : error.message);
    }
  };

  /** The record of a request. Throws ApiError. */
  fetch = async (requestId) => this.#store.get(requestId) ?? this.#store.absorb(await this.#api.request(requestId));

  /** Open the form that puts a dataset through a pipeline. */
  process = (dataset) => {
    this.#openForm("process_data", { data_source: { type: "dataset", dataset_id: dataset.name } });
  };

  /** Open the form that puts rows through a model. */
  predict = (artifactId) => {
    this.#openForm("predict", { model: artifactId });
  };

  /** Show the requests that have a tag. */
  showTag = (tag) => {
    this.parts.detail.close();
    this.#page.showPane("requests");
    this.parts.requestList.showTag(tag);
  };

  /** Keep the file of a notice for `days`. Throws an Error with a text for the person. */
  keep = async (notice, days) => {
    this.#store.keepFile(await this.#requests.extend(notice.artifact_id, days));
  };

  /** Something about an ended request is new: until when its files are kept. */
  refresh = async (record) => {
    if (artifactsOf(record).length === 0) return;
    try {
      const { artifacts } = await this.#api.request(record.requestId);
      artifacts.forEach((file) => this.#store.keepFile(file));
    } catch {
      // What is shown may be a little old; opening the request asks again.
    }
  };

  #openForm(action, payload, tags) {
    this.parts.detail.close();
    this.#page.showPane("composer");
    if (this.parts.composer.pick(action, payload, tags)) return;
    this.#page.say(`The server does not offer the action “${action}” to you.`);
  }
}

/** The panel that shows one request in full: state, files, result, payload, events. Escape closes it. */

import { downloadLink } from "./artifacts.js";
import { fill, h, icon, setText } from "./dom.js";
import { duration, exactTime, fullTime } from "./format.js";
import { progressBar, sentenceOf, statusPill, timing } from "./progress.js";
import { artifactsOf, LIVE } from "./requests.js";
import { Timeline } from "./timeline.js";

const MOST_PAGES = 20;

export class Detail {
  #dialog;
  #api;
  #store;
  #catalog;
  #client;
  #onReuse;
  #shown = null;

  /** `onReuse(record)`: the person wants to send its payload again. */
  constructor(dialog, { api, store, catalog, client, onReuse }) {
    this.#dialog = dialog;
    this.#api = api;
    this.#store = store;
    this.#catalog = catalog;
    this.#client = client;
    this.#onReuse = onReuse;
    store.addEventListener("change", (event) => event.detail === this.#shown?.record && this.#update());
    dialog.addEventListener("close", () => (this.#shown = null));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open(record) {
    this.#shown = this.#build(record);
    this.#update();
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#complete(this.#shown);
  }

  close() {
    this.#dialog.close();
  }

  /** The connection came or went, or a second has passed. */
  tick() {
    if (this.#shown) this.#update();
  }

  #build(record) {
    const title = this.#catalog.titleOf(record.action);
    const shown = { record, title, pill: statusPill(), bar: progressBar(), timeline: new Timeline(), key: null };
    shown.text = h("p", { class: "card-text" });
    shown.time = h("span", { class: "card-time" });
    shown.facts = h("dl", { class: "facts-table" });
    shown.body = h("div", { class: "detail-body" });
    shown.loading = h("p", { class: "quiet", role: "status" });
    const close = h(
      "button",
      {
        class: "button quiet square",
        type: "button",
        "aria-label": "Close",
        "data-testid": "detail-close",
        on: { click: () => this.close() },
      },
      icon("close"),
    );
    const head = h(
      "header",
      { class: "detail-head" },
      h("h2", { id: "detail-title" }, title),
      shown.pill.node,
      shown.time,
      close,
    );
    const events = h("section", {}, h("h3", {}, "Events"), shown.loading, shown.timeline.node);
    fill(
      this.#dialog,
      h("div", { class: "detail-panel" }, head, shown.bar.node, shown.text, shown.body, shown.facts, events),
    );
    return shown;
  }

  #update() {
    const { record, title, pill, bar, timeline, text } = this.#shown;
    pill.update(record);
    bar.update(record, title, !this.#client.open);
    setText(text, sentenceOf(record, this.#client.open));
    text.hidden = record.status === "failed" && record.error !== null;
    setText(this.#shown.time, timing(record));
    timeline.update(record);
    const key = JSON.stringify([
      record.status,
      record.result,
      record.error,
      record.artifacts,
      record.payload,
      record.attempt,
      record.cancelling,
      this.#client.open,
    ]);
    if (key === this.#shown.key) return;
    this.#shown.key = key;
    this.#drawBody();
  }

  #drawBody() {
    const { record, body, facts } = this.#shown;
    const files = artifactsOf(record).map(downloadLink).filter(Boolean);
    fill(
      body,
      files.length ? h("div", { class: "downloads" }, files) : null,
      record.error && record.status !== "cancelled" ? errorBlock(record.error) : null,
      record.result && Object.keys(record.result).length ? jsonSection("Result", record.result, "result") : null,
      record.payload ? jsonSection("Payload", record.payload, "payload") : null,
      this.#buttons(record),
    );
    fill(
      facts,
      factsOf(record).map(([name, value, title]) => h("div", {}, h("dt", {}, name), h("dd", { title }, value))),
    );
  }

  #buttons(record) {
    const cancel = () => this.#client.cancel(record);
    const live = LIVE.has(record.status) && record.requestId;
    return h(
      "div",
      { class: "detail-buttons" },
      record.payload
        ? h(
            "button",
            { class: "button", type: "button", "data-testid": "reuse", on: { click: () => this.#onReuse(record) } },
            icon("retry"),
            "Use again",
          )
        : null,
      live
        ? h(
            "button",
            {
              class: "button",
              type: "button",
              disabled: record.cancelling || !this.#client.open,
              on: { click: cancel },
            },
            icon("stop"),
            "Cancel",
          )
        : null,
    );
  }

  /** Fetch what the socket did not tell: payload, files, events of before this page. */
  async #complete(shown) {
    const { record } = shown;
    if (!record.requestId || record.inline || record.refused) return;
    setText(shown.loading, "Loading…");
    try {
      const state = await this.#api.request(record.requestId);
      record.payload = state.payload ?? record.payload;
      record.artifacts = state.artifacts?.length ? state.artifacts : record.artifacts;
      await this.#fetchEvents(record);
      setText(shown.loading, record.seq > 0 && !record.events.has(1) ? "Earlier events are not shown." : "");
    } catch (error) {
      setText(shown.loading, `The events could not be loaded. ${error.message}`);
    }
    this.#store.changed(record);
  }

  async #fetchEvents(record) {
    let after = 0;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { events, last_seq: last } = await this.#api.events(record.requestId, after);
      this.#store.fillEvents(record, events);
      after = events.at(-1)?.seq ?? last;
      if (after >= last) return;
    }
  }
}

function errorBlock(error) {
  const details =
    error.details && Object.keys(error.details).length
      ? h("pre", { class: "code", tabindex: "0" }, JSON.stringify(error.details, null, 2))
      : null;
  const again = error.retryable ? h("p", {}, "Sending it again may help.") : null;
  return h(
    "section",
    { class: "alert", "data-testid": "error" },
    icon("alert"),
    h("div", {}, h("p", {}, h("code", {}, error.code), " ", error.message), again, details),
  );
}

function jsonSection(name, value, testid) {
  return h(
    "section",
    {},
    h("h3", {}, name),
    h("pre", { class: "code", tabindex: "0", "data-testid": testid }, JSON.stringify(value, null, 2)),
  );
}

function factsOf(record) {
  const moment = (name, ms) => (ms ? [name, exactTime(ms), fullTime(ms)] : null);
  return [
    record.requestId ? ["Request", record.requestId] : null,
    ["Action", record.action],
    moment("Sent", record.createdAt),
    moment("Started", record.startedAt),
    moment("Finished", record.finishedAt),
    record.startedAt && record.finishedAt ? ["Took", duration(record.finishedAt - record.startedAt)] : null,
    record.attempt > 1 ? ["Attempts", String(record.attempt)] : null,
  ].filter(Boolean);
}

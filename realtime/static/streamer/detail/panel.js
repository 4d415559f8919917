/** The panel that shows one request in full: state, files, result, payload, events. Escape closes it. */

import { artifactsOf, replaceFile } from "../files/artifacts.js";
import { Files } from "../files/list.js";
import { fill, h, icon, setText } from "../ground/dom.js";
import { originTag, progressBar, statusPill } from "../requests/progress.js";
import { LIVE } from "../requests/record.js";
import { sentenceOf, timing } from "../requests/status.js";
import { choicesOf, factsOf } from "./choices.js";
import { complete, isStored, lacksBeginning } from "./history.js";
import { folded, resultSection } from "./result.js";
import { Timeline } from "./timeline.js";

export class Detail {
  #dialog;
  #api;
  #store;
  #catalog;
  #client;
  #onReuse;
  #onAgain;
  #onFind;
  #onPredict;
  #shown = null;

  /**
   * `onReuse(record)`: the person wants to write a request like it; `onAgain(record)`: to have it done again as it is;
   * `onFind(requestId)`: to see another one; `onPredict(artifactId)`: to use the model it learned.
   */
  constructor(dialog, { api, store, catalog, client, onReuse, onAgain, onFind, onPredict }) {
    this.#dialog = dialog;
    this.#api = api;
    this.#store = store;
    this.#catalog = catalog;
    this.#client = client;
    this.#onReuse = onReuse;
    this.#onAgain = onAgain;
    this.#onFind = onFind;
    this.#onPredict = onPredict;
    store.addEventListener("change", (event) => event.detail === this.#shown?.record && this.#update());
    dialog.addEventListener("close", () => (this.#shown = null));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open(record) {
    this.#shown = this.#build(record);
    this.#update();
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#client.follow(record, { opened: true });
    this.#complete(this.#shown);
  }

  close() {
    this.#dialog.close();
  }

  /** Whether the panel shows this record now. */
  shows(record) {
    return this.#shown?.record === record;
  }

  /** The connection came or went, or a second has passed. */
  tick() {
    if (this.#shown) this.#update();
  }

  #build(record) {
    const title = this.#catalog.titleOf(record.action);
    const shown = { record, title, pill: statusPill(), origin: originTag(), bar: progressBar(), drawn: new Map() };
    shown.timeline = new Timeline();
    shown.files = new Files((file, days) => this.#extend(record, file, days));
    shown.text = h("p", { class: "card-text" });
    shown.time = h("span", { class: "card-time" });
    shown.facts = h("dl", { class: "facts-table" });
    shown.buttons = h("div", { class: "detail-buttons" });
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
      shown.origin.node,
      shown.time,
      close,
    );
    const events = h("section", {}, h("h3", {}, "Events"), shown.loading, shown.timeline.node);
    const { bar, text, files, buttons, body, facts } = shown;
    fill(
      this.#dialog,
      h("div", { class: "detail-panel" }, head, bar.node, text, files.node, buttons, body, facts, events),
    );
    return shown;
  }

  #update() {
    const { record, title, pill, origin, bar, timeline, text, files } = this.#shown;
    pill.update(record);
    origin.update(record);
    files.update(LIVE.has(record.status) ? [] : artifactsOf(record), this.#client.open);
    bar.update(record, title, !this.#client.open);
    setText(text, sentenceOf(record, this.#client.open));
    text.hidden = record.status === "failed" && record.error !== null;
    setText(this.#shown.time, timing(record));
    timeline.update(record);
    this.#redraw("buttons", [record.status, record.payload, record.cancelling, this.#client.open]);
    this.#redraw("body", [record.status, record.result, record.partial, record.receipt, record.error, record.payload]);
    this.#redraw("facts", [record.status, record.attempt, record.metadata]);
  }

  /** Draw a part anew if what it shows has changed; a text that is selected, or opened, stays so otherwise. */
  #redraw(part, shows) {
    const before = this.#shown.drawn.get(part);
    if (before?.every((value, index) => value === shows[index])) return;
    this.#shown.drawn.set(part, shows);
    const { record } = this.#shown;
    fill(this.#shown[part], { body: bodyOf, buttons: this.#buttons, facts: this.#facts }[part].call(this, record));
  }

  #buttons(record) {
    const away = !this.#client.open;
    const button = (name, testid, label, click, disabled = false) =>
      h(
        "button",
        { class: "button", type: "button", "data-testid": testid, disabled, on: { click } },
        icon(name),
        label,
      );
    const { model, again, edit, cancel } = choicesOf(record, this.#catalog.find("predict"));
    return [
      model ? button("send", "predict", "Predict with it", () => this.#onPredict(model)) : null,
      again ? button("retry", "regenerate", "Do again", () => this.#onAgain(record), away) : null,
      edit ? button("edit", "reuse", "Edit and send", () => this.#onReuse(record)) : null,
      cancel
        ? button("stop", "detail-cancel", "Cancel", () => this.#client.cancel(record), record.cancelling || away)
        : null,
    ];
  }

  #facts(record) {
    return [
      factsOf(record).map(([name, value, title]) => h("div", {}, h("dt", {}, name), h("dd", { title }, value))),
      this.#linkFact("Result of", record.cachedFrom),
      this.#linkFact("Done again from", record.metadata?.regenerated_from),
    ];
  }

  #linkFact(name, requestId) {
    // Clients may write into the metadata what they like.
    if (typeof requestId !== "string" || !requestId) return null;
    const click = () => this.#onFind(requestId);
    const link = h("button", { class: "link", type: "button", on: { click } }, requestId);
    return h("div", {}, h("dt", {}, name), h("dd", {}, link));
  }

  async #extend(record, file, days) {
    const kept = await this.#client.extend(file.artifact_id, days);
    replaceFile(record, kept);
    this.#store.keepFile(kept);
    this.#update();
    return kept;
  }

  /** Fetch what the socket did not tell. */
  async #complete({ record, loading }) {
    if (!isStored(record)) return;
    setText(loading, "Loading…");
    try {
      await complete(record, { api: this.#api, store: this.#store });
      setText(loading, lacksBeginning(record) ? "Earlier events are not shown." : "");
    } catch (error) {
      setText(loading, `The events could not be loaded. ${error.message}`);
    }
    this.#store.changed(record);
  }
}

function bodyOf(record) {
  return [
    record.error && record.status !== "cancelled" ? errorBlock(record.error) : null,
    LIVE.has(record.status) ? resultSection("So far", record.partial, "partial") : null,
    resultSection("Result", record.result, "result"),
    resultSection("What was done", record.receipt, "receipt"),
    record.payload ? folded("Payload", record.payload, "payload") : null,
  ];
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

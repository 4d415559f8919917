/** The panel that shows one request in full: its result, its files, and folded all else. Escape closes it. */

import { artifactsOf, countFiles, replaceFile } from "../files/artifacts.js";
import { Files } from "../files/list.js";
import { closeButton, fill, h, icon, setText } from "../ground/dom.js";
import { count } from "../ground/format.js";
import { originTag, progressBar, statusPill } from "../requests/progress.js";
import { isStored, LIVE, nameOf } from "../requests/record.js";
import { standingOf, timing } from "../requests/status.js";
import { TagList } from "../requests/tag_list.js";
import { isEmpty } from "../results/shape.js";
import { pdfOf } from "../results/views.js";
import { copyLinkButton } from "../shell/copy_link.js";
import { adminFact } from "./admin_link.js";
import { choicesOf, factsOf } from "./choices.js";
import { complete, fetchFiles, lacksBeginning } from "./history.js";
import { folded, renderResult } from "./result.js";
import { Timeline } from "./timeline.js";

export class Detail {
  #dialog;
  #api;
  #store;
  #catalog;
  #requests;
  #link;
  #on;
  #shown = null;

  /**
   * `onReuse(record)`: the person wants to write a request like it; `onAgain(record)`: to have it done again as it is;
   * `onFind(requestId)`: to see another one; `onPredict(artifactId)`: to use the model it learned; `onTag(tag)`: to see
   * those with the same tag; `onMove()`: another one is shown, or none. `linkTo(record)` gives an address; `notifier`
   * tells of its end.
   */
  constructor(dialog, { api, store, catalog, requests, link, ...on }) {
    this.#dialog = dialog;
    this.#api = api;
    this.#store = store;
    this.#catalog = catalog;
    this.#requests = requests;
    this.#link = link;
    this.#on = on;
    store.addEventListener("change", (event) => event.detail === this.#shown?.record && this.#update());
    dialog.addEventListener("close", () => this.#closed());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  /** The record that is shown; null for none. */
  get record() {
    return this.#shown?.record ?? null;
  }

  open(record) {
    this.#shown = this.#build(record);
    this.#update();
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#requests.follow(record, { opened: true });
    this.#complete(this.#shown);
  }

  close() {
    this.#shown = null;
    this.#dialog.close();
  }

  /** The connection came or went, or a second has passed. */
  tick() {
    if (this.#shown) this.#update();
  }

  /** The event comes later than the closing: another one may be open by then. */
  #closed() {
    if (this.#dialog.open) return;
    this.#shown = null;
    this.#on.onMove();
  }

  #build(record) {
    const shown = { record, pill: statusPill(), origin: originTag(), bar: progressBar() };
    Object.assign(shown, { drawn: new Map(), id: null });
    shown.timeline = new Timeline();
    shown.files = new Files((file, days) => this.#extend(record, file, days));
    shown.more = h("button", { class: "button small", type: "button", "data-testid": "all-files" });
    shown.more.addEventListener("click", () => this.#showAllFiles(shown));
    shown.heading = h("h2", { id: "detail-title", dir: "auto" });
    shown.text = h("p", { class: "card-text", dir: "auto" });
    shown.time = h("span", { class: "card-time" });
    shown.tags = new TagList(this.#on.onTag);
    shown.facts = h("dl", { class: "facts-table" });
    shown.buttons = h("div", { class: "detail-buttons" });
    shown.alert = h("div", { class: "detail-body" });
    shown.body = h("div", { class: "detail-body", "data-testid": "detail-result" });
    shown.rest = h("div", { class: "detail-body" });
    shown.loading = h("p", { class: "quiet", role: "status" });
    const close = closeButton(() => this.close(), { "data-testid": "detail-close" });
    const head = h(
      "header",
      { class: "detail-head" },
      shown.heading,
      shown.pill.node,
      shown.origin.node,
      shown.time,
      close,
    );
    const { bar, text, tags, files, more, buttons, alert, body, rest } = shown;
    const events = foldedSection("Events", "events", shown.loading, shown.timeline.node);
    const about = foldedSection("About this request", "about", shown.facts);
    const parts = [head, bar.node, text, tags.node, alert, body, files.node, more, rest, about, events, buttons];
    fill(this.#dialog, h("div", { class: "detail-panel" }, parts));
    return shown;
  }

  #update() {
    const { record, pill, origin, bar, timeline, text, files, more } = this.#shown;
    const title = nameOf(record, this.#catalog);
    // A request just sent has no id, and so no address, until the server gives it one.
    const isNamed = this.#shown.id !== record.requestId;
    this.#shown.id = record.requestId;
    if (isNamed) this.#on.onMove();
    setText(this.#shown.heading, title);
    pill.update(record);
    origin.update(record);
    const listed = LIVE.has(record.status) ? [] : artifactsOf(record);
    files.update(listed, this.#link.isLive);
    more.hidden = listed.length === 0 || countFiles(record) <= listed.length;
    setText(more, `Show all ${count(countFiles(record))} files`);
    bar.update(record, title, !this.#link.isLive);
    setText(text, standingOf(record, this.#link));
    text.hidden = saysMore(record);
    setText(this.#shown.time, timing(record));
    timeline.update(record);
    this.#shown.tags.update(record.tags);
    const { status, payload, result, partial, receipt, error } = record;
    this.#redraw("buttons", [status, payload, result, record.cancelling, record.repeating, this.#link.isLive]);
    this.#redraw("alert", [status, error]);
    this.#redraw("body", [status, result, partial, receipt, pdfOf(record)?.artifact_id]);
    this.#redraw("rest", [payload]);
    this.#redraw("facts", [status, record.attempt, record.metadata, record.artifacts]);
  }

  /** Draw a part anew if what it shows has changed; a text that is selected, or opened, stays so otherwise. */
  #redraw(part, shows) {
    const before = this.#shown.drawn.get(part);
    if (before?.every((value, index) => value === shows[index])) return;
    this.#shown.drawn.set(part, shows);
    const { record } = this.#shown;
    const draw = { alert: alertOf, body: bodyOf, rest: restOf, buttons: this.#buttons, facts: this.#facts }[part];
    fill(this.#shown[part], draw.call(this, record));
  }

  #buttons(record) {
    const away = !this.#link.isLive;
    const button = (name, testid, label, click, disabled = false) =>
      h(
        "button",
        { class: "button", type: "button", "data-testid": testid, disabled, on: { click } },
        icon(name),
        label,
      );
    const { model, again, edit, cancel } = choicesOf(record, this.#catalog.find("predict"));
    return [
      model ? button("send", "predict", "Predict with it", () => this.#on.onPredict(model)) : null,
      again ? button("retry", "regenerate", again, () => this.#on.onAgain(record), record.repeating || away) : null,
      edit ? button("edit", "reuse", "Edit and send", () => this.#on.onReuse(record)) : null,
      cancel
        ? button("stop", "detail-cancel", "Cancel", () => this.#requests.cancel(record), record.cancelling || away)
        : null,
      cancel && this.#on.notifier.isOffered
        ? button("clock", "notify", "Notify me at its end", () => this.#wantNotice())
        : null,
      isStored(record) ? copyLinkButton(() => this.#on.linkTo(record)) : null,
    ];
  }

  async #wantNotice() {
    await this.#on.notifier.set(true);
    this.#shown?.drawn.delete("buttons");
    this.tick();
  }

  #facts(record) {
    return [
      factsOf(record).map(([name, value, title]) => h("div", {}, h("dt", {}, name), h("dd", { title }, value))),
      this.#linkFact("Result of", record.cachedFrom),
      this.#linkFact("Run again from", record.metadata?.regenerated_from),
      isStored(record) ? adminFact(record.requestId) : null,
    ];
  }

  #linkFact(name, requestId) {
    // Clients may write into the metadata what they like.
    if (typeof requestId !== "string" || !requestId) return null;
    const click = () => this.#on.onFind(requestId);
    const link = h("button", { class: "link", type: "button", on: { click } }, requestId);
    return h("div", {}, h("dt", {}, name), h("dd", {}, link));
  }

  async #extend(record, file, days) {
    const kept = await this.#requests.extend(file.artifact_id, days);
    replaceFile(record, kept);
    this.#store.keepFile(kept);
    this.#update();
    return kept;
  }

  async #showAllFiles({ record, more, loading }) {
    more.disabled = true;
    try {
      await fetchFiles(record, { api: this.#api, store: this.#store });
    } catch (error) {
      setText(loading, `The files could not be loaded. ${error.message}`);
    }
    more.disabled = false;
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

/** Whether what is shown below it says all that the sentence on top would say. */
function saysMore({ status, error, result }) {
  return status === "completed" ? !isEmpty(result) : status === "failed" && error !== null;
}

function alertOf(record) {
  return [record.error && record.status !== "cancelled" ? errorBlock(record.error) : null];
}

function bodyOf(record) {
  return [renderResult(record)];
}

function restOf(record) {
  return [record.payload ? folded("Payload", record.payload, "payload") : null];
}

function foldedSection(name, testid, ...content) {
  const props = { class: "folded", "data-testid": testid };
  return h("details", props, h("summary", {}, name), h("div", { class: "folded-body" }, content));
}

function errorBlock(error) {
  const { details = {}, message } = error;
  const faults = (details.faults ?? []).filter((fault) => !message.includes(fault.message));
  const list = faults.map((fault) => h("li", {}, fault.path ? `${fault.path}: ${fault.message}` : fault.message));
  const raw = { code: error.code, ...details };
  const again = error.retryable ? h("p", {}, "Sending it again may help.") : null;
  return h(
    "section",
    { class: "alert", "data-testid": "error" },
    icon("alert"),
    h(
      "div",
      {},
      h("p", {}, message),
      list.length ? h("ul", {}, list) : null,
      again,
      folded("Details", raw, "error-details"),
    ),
  );
}

/** A panel at the foot of the page with every frame of the connection, both ways, and a field to send one by hand. */

import { closeButton, fill, h, icon, setText } from "../ground/dom.js";
import { count } from "../ground/format.js";
import { fits, typesOf } from "./filter.js";
import { FrameList } from "./frame_list.js";
import { copyText } from "./frames.js";
import { RawFrame } from "./raw_frame.js";

const DRAW_PAUSE_MS = 100;
const SAID_MS = 2000;
const DIRECTIONS = { "": "Both ways", out: "Sent", in: "Received" };

export class Inspector {
  #root;
  #toggle;
  #log;
  #list = new FrameList();
  #raw;
  /** While it stands still: the frames that it shows, and the number of the newest by then. Null otherwise. */
  #paused = null;
  #timer = null;
  #filter = { type: "", direction: "", text: "" };
  #type = h("select", { class: "input", "aria-label": "Show by type", "data-testid": "wire-type" });
  #search;
  #direction;
  #figure = h("span", { class: "wire-figure", "data-testid": "wire-count" });
  #pause;
  #copy;

  /** `toggle`: the button that opens it; `onSend(message)` returns whether there was a connection to send it on. */
  constructor(root, toggle, log, onSend) {
    this.#root = root;
    this.#toggle = toggle;
    this.#log = log;
    this.#raw = new RawFrame(onSend);
    this.#build();
    log.addEventListener("change", () => this.#drawSoon());
    toggle.addEventListener("click", () => (root.hidden ? this.open() : this.close()));
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  open() {
    this.#show(true);
    this.#draw();
    this.#list.node.scrollTop = this.#list.node.scrollHeight;
    this.#search.focus();
  }

  close() {
    this.#show(false);
    this.#toggle.focus();
  }

  /** Forget all of it: somebody else may sign in. */
  reset() {
    this.#log.clear();
    this.#raw.clear();
    this.#setPaused(false);
    this.#show(false);
  }

  #show(open) {
    this.#root.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
    document.body.dataset.wire = open ? "open" : "closed";
  }

  #build() {
    const button = (name, label, testid, click) =>
      h(
        "button",
        { class: "button small quiet", type: "button", "data-testid": testid, on: { click } },
        icon(name),
        label,
      );
    this.#search = h("input", {
      type: "search",
      class: "input",
      placeholder: "Find in messages",
      "aria-label": "Find in messages",
      autocomplete: "off",
      spellcheck: "false",
      "data-testid": "wire-search",
    });
    this.#search.addEventListener("input", () => this.#narrow({ text: this.#search.value.trim() }));
    this.#type.addEventListener("change", () => this.#narrow({ type: this.#type.value }));
    this.#direction = h(
      "select",
      { class: "input", "aria-label": "Show by direction", "data-testid": "wire-direction" },
      Object.entries(DIRECTIONS).map(([value, label]) => h("option", { value }, label)),
    );
    this.#direction.addEventListener("change", () => this.#narrow({ direction: this.#direction.value }));
    this.#pause = button("pause", "Pause", "wire-pause", () => this.#setPaused(this.#paused === null));
    this.#copy = button("copy", "Copy", "wire-copy", () => this.#copyShown());
    const close = closeButton(() => this.close(), { "aria-label": "Close the wire inspector" });
    const filters = h("div", { class: "wire-filters" }, this.#search, this.#type, this.#direction);
    const tools = h(
      "div",
      { class: "wire-tools" },
      this.#pause,
      button("trash", "Clear", "wire-clear", () => this.#clear()),
      this.#copy,
      close,
    );
    const head = h(
      "header",
      { class: "wire-head" },
      h("h2", { id: "wire-title" }, "Wire"),
      this.#figure,
      filters,
      tools,
    );
    fill(this.#root, head, h("div", { class: "wire-body" }, this.#list.node, this.#raw.node));
  }

  #narrow(change) {
    Object.assign(this.#filter, change);
    this.#draw();
  }

  #clear() {
    this.#log.clear();
    this.#setPaused(this.#paused !== null);
  }

  #setPaused(paused) {
    this.#paused = paused ? { frames: [...this.#log.all], last: this.#log.last } : null;
    fill(this.#pause, icon(paused ? "play" : "pause"), paused ? "Go on" : "Pause");
    this.#draw();
  }

  /** The frames of a moment are drawn together. */
  #drawSoon() {
    if (this.#root.hidden) return;
    this.#timer ??= setTimeout(() => this.#draw(), DRAW_PAUSE_MS);
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#root.hidden) return;
    const frames = this.#frames;
    const shown = this.#shown();
    this.#offerTypes(frames);
    this.#list.show(shown, frames.length ? "No message matches." : "Nothing has been sent or received yet.");
    setText(this.#figure, this.#figureOf(shown, frames));
    this.#copy.disabled = shown.length === 0;
  }

  get #frames() {
    return this.#paused?.frames ?? this.#log.all;
  }

  #shown() {
    return this.#frames.filter((frame) => fits(frame, this.#filter));
  }

  #figureOf(shown, frames) {
    const figure =
      shown.length < frames.length ? `${count(shown.length)} of ${count(frames.length)}` : count(frames.length);
    const newer = this.#paused ? this.#log.last - this.#paused.last : 0;
    return newer > 0 ? `${figure} · ${count(newer)} newer` : figure;
  }

  /** A type that was chosen stays there, even when its last frame has gone. */
  #offerTypes(frames) {
    const types = new Set(typesOf(frames));
    if (this.#filter.type) types.add(this.#filter.type);
    const offered = ["", ...[...types].sort()];
    if (
      offered.length === this.#type.options.length &&
      offered.every((type, at) => this.#type.options[at].value === type)
    )
      return;
    fill(
      this.#type,
      offered.map((type) => h("option", { value: type }, type || "All types")),
    );
    this.#type.value = this.#filter.type;
  }

  async #copyShown() {
    await navigator.clipboard?.writeText(copyText(this.#shown()));
    const label = this.#copy.lastChild;
    label.textContent = navigator.clipboard ? "Copied" : "Not allowed here";
    setTimeout(() => (label.textContent = "Copy"), SAID_MS);
  }
}

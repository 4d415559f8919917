/** The frames as rows; each shows its JSON on demand. The newest is at the bottom, and stays in sight there. */

import { h, icon, setText } from "../ground/dom.js";
import { fineTime, size } from "../ground/format.js";
import { gist } from "./filter.js";
import { prettyText } from "./frames.js";

const BOTTOM_PX = 24;
const DIRECTIONS = { in: ["↓", "received"], out: ["↑", "sent"] };

export class FrameList {
  #rows = new Map();
  #list = h("ol", { class: "frames", "data-testid": "frames" });
  #empty = h("p", { class: "empty small" });
  node = h(
    "div",
    { class: "frames-box", role: "region", "aria-label": "Messages", tabindex: "0" },
    this.#list,
    this.#empty,
  );

  /** Show these frames, oldest first; `whyNone` stands there when there is none. */
  show(frames, whyNone) {
    const wasAtBottom = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < BOTTOM_PX;
    const wanted = new Set(frames.map((frame) => frame.number));
    for (const [number, row] of this.#rows) if (!wanted.has(number)) this.#take(number, row);
    let next = this.#list.firstChild;
    for (const frame of frames) {
      const row = this.#rows.get(frame.number) ?? this.#make(frame);
      if (row === next) next = next.nextSibling;
      else this.#list.insertBefore(row, next);
    }
    setText(this.#empty, frames.length ? "" : whyNone);
    this.#empty.hidden = frames.length > 0;
    if (wasAtBottom) this.node.scrollTop = this.node.scrollHeight;
  }

  #take(number, row) {
    row.remove();
    this.#rows.delete(number);
  }

  #make(frame) {
    const row = rowOf(frame);
    this.#rows.set(frame.number, row);
    return row;
  }
}

function rowOf(frame) {
  const [arrow, word] = DIRECTIONS[frame.direction];
  const about = gist(frame);
  const summary = h(
    "summary",
    {},
    h("span", { class: "frame-arrow", title: word, "aria-hidden": "true" }, arrow),
    h("span", { class: "visually-hidden" }, word),
    h("time", { class: "frame-time", datetime: new Date(frame.at).toISOString() }, fineTime(frame.at, { exact: true })),
    h("span", { class: "frame-type" }, frame.type),
    h("span", { class: "frame-gist", title: about }, about),
    h("span", { class: "frame-size" }, size(frame.bytes)),
  );
  const body = h("div", { class: "frame-body" });
  const toggle = ({ target }) => {
    if (!body.firstChild) body.append(...bodyOf(frame));
    if (target.open) target.scrollIntoView({ block: "nearest" });
  };
  const { direction, type } = frame;
  return h("li", { dataset: { testid: "frame", direction, type } }, h("details", { on: { toggle } }, summary, body));
}

/** Made when somebody opens the row: a thousand frames may be large. */
function bodyOf(frame) {
  const text = prettyText(frame);
  const copy = h("button", { class: "button small quiet", type: "button" }, icon("copy"), "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(text);
    copy.lastChild.textContent = navigator.clipboard ? "Copied" : "Not allowed here";
  });
  return [h("pre", { class: "code", tabindex: "0" }, text), copy];
}

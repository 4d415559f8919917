/** The parts that endpoints, actions and messages share: an entry that opens, a titled block, an example. */

import { h } from "../ground/dom.js";

/** An entry that is closed until somebody opens it. `make` builds its body then. `words` is what it is found by. */
export function entry(id, summary, words, make) {
  const body = h("div", { class: "entry-body" });
  const open = () => body.childElementCount || body.append(...make());
  const head = h("summary", {}, summary);
  return h("details", { id, class: "entry", dataset: { words, testid: "entry" }, on: { toggle: open } }, head, body);
}

export function block(title, ...children) {
  return h("div", { class: "block" }, h("h4", {}, title), children);
}

export function example(value) {
  return h("pre", { class: "example", tabindex: "0" }, JSON.stringify(value, null, 2));
}

export function badge(text, kind = "") {
  return h("span", { class: `badge ${kind}` }, text);
}

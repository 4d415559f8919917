/** What stands in the place of a form before one is opened: examples to press. */

import { h, icon } from "../ground/dom.js";

const MOST_EXAMPLES = 6;

/** `examples`: `[{action, title, description, payload}]`; `onPick(example)` opens the form with its payload. */
export function startScreen(examples, onPick) {
  const shown = examples.slice(0, MOST_EXAMPLES);
  const title = shown.length ? "Try an example" : "Choose an action";
  return h(
    "div",
    { class: "empty start" },
    h("p", { class: "empty-title" }, title),
    exampleList(shown, onPick),
    h(
      "p",
      {},
      shown.length ? "Or choose an action" : "Its form opens here",
      h("span", { class: "with-keys" }, "; press ", h("kbd", {}, "/"), " to search"),
      ".",
    ),
  );
}

/** The examples to press; null for none. */
export function exampleList(examples, onPick) {
  if (examples.length === 0) return null;
  const cards = examples.slice(0, MOST_EXAMPLES).map((example) => h("li", {}, card(example, onPick)));
  return h("ul", { class: "starts", "aria-label": "Examples" }, cards);
}

function card(example, onPick) {
  return h(
    "button",
    { class: "start-card", type: "button", "data-testid": "example", on: { click: () => onPick(example) } },
    h("span", { class: "action-title" }, example.title),
    example.description ? h("span", { class: "action-text" }, example.description) : null,
    icon("send"),
  );
}

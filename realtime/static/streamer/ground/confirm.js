/** Asks before something is done that cannot be undone. */

import { h } from "./dom.js";

/** → a promise of whether the person agreed. Escape means no. */
export function confirmed(title, text, label) {
  const button = (props, name) => h("button", { class: "button", value: name, ...props }, name);
  const yes = button({ class: "button danger", "data-testid": "confirm-yes" }, label);
  const no = button({ autofocus: true, "data-testid": "confirm-no" }, "Keep");
  const dialog = h(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-title", "data-testid": "confirm" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "confirm-title" }, title),
      h("p", {}, text),
      h("div", { class: "confirm-buttons" }, no, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === label);
    });
  });
}

/** Listens for the keys that are shortcuts. */

import { areKeysOn } from "./help.js";
import { shortcutOf, whereIs } from "./shortcuts.js";

/** `actions` has a function for each name of a shortcut, called with `page` or `detail`; `isActive()` says when. */
export function listenForKeys(actions, isActive) {
  document.addEventListener("keydown", (event) => {
    if (!isActive() || !areKeysOn()) return;
    const dialogs = document.querySelectorAll("dialog[open]");
    const where = whereIs(event.target, [...dialogs].at(-1));
    const name = shortcutOf(event, where);
    if (!name) return;
    event.preventDefault();
    actions[name](where);
  });
}

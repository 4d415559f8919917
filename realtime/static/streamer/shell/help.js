/** The dialog with the keys, and the settings of this browser. */

import { closeButton, fill, h, setText } from "../ground/dom.js";
import { NATIVE_KEYS, SHORTCUTS } from "./shortcuts.js";

const KEY = "streamer.keys";

/** Whether single keys are shortcuts: people who speak to their machine switch them off. */
export function areKeysOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export class Help {
  #dialog;
  #notifier;
  #notify = h("input", { type: "checkbox", role: "switch", class: "switch", "data-testid": "notify-switch" });
  #keys = h("input", { type: "checkbox", role: "switch", class: "switch", "data-testid": "keys-switch" });
  #hint = h("p", { class: "hint" });

  constructor(notifier) {
    this.#notifier = notifier;
    this.#notify.addEventListener("change", () => this.#setNotify());
    this.#keys.addEventListener("change", () => this.#setKeys());
    const close = closeButton(() => this.#dialog.close());
    this.#dialog = h(
      "dialog",
      { class: "help", "aria-labelledby": "help-title", "data-testid": "help" },
      h("header", { class: "help-head" }, h("h2", { id: "help-title" }, "Keys and settings"), close),
      h("dl", { class: "keys" }, [...SHORTCUTS, ...NATIVE_KEYS].map(keyRow)),
      h("label", { class: "switch-row" }, h("span", {}, "Single keys are shortcuts"), this.#keys),
      h("label", { class: "switch-row" }, h("span", {}, "Notify me when a long request ends"), this.#notify),
      this.#hint,
    );
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
    document.body.append(this.#dialog);
  }

  /** A button that opens it. */
  button() {
    const click = () => this.open();
    const props = { class: "button quiet square", type: "button", title: "Keys and settings (?)" };
    return fill(
      h("button", { ...props, "aria-label": "Keys and settings", "data-testid": "help-open", on: { click } }),
      h("kbd", { "aria-hidden": "true" }, "?"),
    );
  }

  open() {
    this.#draw();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  async #setNotify() {
    await this.#notifier.set(this.#notify.checked);
    this.#draw();
  }

  #setKeys() {
    if (this.#keys.checked) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  }

  #draw() {
    this.#keys.checked = areKeysOn();
    this.#notify.checked = this.#notifier.isOn;
    this.#notify.disabled = !this.#notifier.isPossible || this.#notifier.isForbidden;
    const shown = "Shown while this page is in the background.";
    const forbidden = "The browser does not let this page notify you. Its settings for this page change that.";
    const impossible = "This browser notifies only for pages that are opened with https.";
    const hint = this.#notifier.isForbidden ? forbidden : shown;
    setText(this.#hint, this.#notifier.isPossible ? hint : impossible);
  }
}

function keyRow({ keys, text }) {
  const shown = keys.map((key) => h("kbd", {}, key));
  return h("div", {}, h("dt", {}, shown), h("dd", {}, text));
}

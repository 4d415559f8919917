/** Notifications of the system: a long request has ended while nobody looked at the page. Only for who wants them. */

import { statusText } from "../ground/format.js";

const KEY = "streamer.notify";
const LONG_MS = 5000;

/** Whether the end of a request is worth a notification. */
export function isLong(record) {
  return !record.inline && !record.refused && (record.finishedAt ?? 0) - record.createdAt >= LONG_MS;
}

export class Notifier {
  #titleOf;
  #onOpen;

  /** `titleOf(record)` gives the title of a request; `onOpen(record)` is called when its notification is pressed. */
  constructor({ titleOf, onOpen }) {
    this.#titleOf = titleOf;
    this.#onOpen = onOpen;
  }

  get isPossible() {
    return "Notification" in globalThis && globalThis.isSecureContext;
  }

  /** Whether the person wants them, and the browser allows them. */
  get isOn() {
    return this.isPossible && Notification.permission === "granted" && setting() === "on";
  }

  /** Whether the browser was told never to allow them here. */
  get isForbidden() {
    return this.isPossible && Notification.permission === "denied";
  }

  /** Whether the person could switch them on. */
  get isOffered() {
    return this.isPossible && !this.isOn && !this.isForbidden;
  }

  /** Switch them on or off, on the person's press alone: the browser may ask them → whether they are on. */
  async set(wanted) {
    if (wanted && (await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "on");
    else localStorage.removeItem(KEY);
    return this.isOn;
  }

  /** A request has ended. */
  tell(record) {
    if (!this.isOn || document.visibilityState !== "hidden" || !isLong(record)) return;
    const text = record.error?.message ?? "";
    // Tabs that show the same request show one notification.
    const options = { body: text, tag: record.requestId };
    try {
      const status = statusText(record.status, record.failedItems);
      const shown = new Notification(`${status}: ${this.#titleOf(record)}`, options);
      shown.onclick = () => {
        globalThis.focus();
        shown.close();
        this.#onOpen(record);
      };
    } catch {
      // Some browsers of phones let only service workers notify.
    }
  }
}

function setting() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

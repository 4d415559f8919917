/** Keep the last frames of the connection, both ways. No DOM here. */

import { safeText } from "./redaction.js";

export const MAX_FRAMES = 1000;
const MAX_CHARACTERS = 8_000_000;

/**
 * Events: `change` when frames were added or taken away.
 *
 * A frame is `{number, at, direction, type, bytes, text}`: `number` counts from 1, `at` is in milliseconds since 1970,
 * `direction` is `in` or `out`, `bytes` its size on the wire, `text` its JSON without secrets.
 */
export class FrameLog extends EventTarget {
  #frames = [];
  #characters = 0;
  #last = 0;

  /** `source` tells of each message with an event `frame`, whose detail is `{direction, frame}`. */
  constructor(source) {
    super();
    source.addEventListener("frame", (event) => this.#add(event.detail));
  }

  /** Oldest first. */
  get all() {
    return this.#frames;
  }

  /** The number of the newest; 0 before the first. */
  get last() {
    return this.#last;
  }

  clear() {
    this.#frames = [];
    this.#characters = 0;
    this.dispatchEvent(new Event("change"));
  }

  #add({ direction, frame: message }) {
    const text = safeText(message);
    this.#last += 1;
    const bytes = new TextEncoder().encode(JSON.stringify(message)).length;
    const type = message.type ?? "request";
    this.#frames.push({ number: this.#last, at: Date.now(), direction, type, bytes, text });
    this.#characters += text.length;
    while (this.#frames.length > MAX_FRAMES || (this.#characters > MAX_CHARACTERS && this.#frames.length > 1))
      this.#characters -= this.#frames.shift().text.length;
    this.dispatchEvent(new Event("change"));
  }
}

/** A frame as it is read: indented. */
export function prettyText({ text }) {
  return JSON.stringify(JSON.parse(text), null, 2);
}

/** Frames for the clipboard: one JSON object a line, with time and direction. */
export function copyText(frames) {
  const line = ({ at, direction, text }) =>
    `{"at": "${new Date(at).toISOString()}", "direction": "${direction}", "frame": ${text}}`;
  return frames.map(line).join("\n");
}

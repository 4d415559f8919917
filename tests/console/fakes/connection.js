/** The page's end of a connection, as the parts above it see it: `state`, `limits`, `send`, events. */

import "./browser.js";

export class FakeConnection extends EventTarget {
  state = "idle";
  limits = {};
  sent = [];
  /** Called with each message that is sent, to answer it. */
  answer = null;

  send(message) {
    if (this.state !== "open") return false;
    this.sent.push(structuredClone(message));
    this.answer?.(message);
    return true;
  }

  enter(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  say(message) {
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  sentOf(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

/** Whether there is a connection: a dot in the top bar, and a banner while there is none. */

import { fill, h, icon, setText } from "../ground/dom.js";

const LABELS = {
  idle: "Offline",
  connecting: "Connecting",
  open: "Connected",
  waiting: "Disconnected",
  stopped: "Stopped",
};

export class ConnectionView {
  #socket;
  #banner;
  #label = h("span", { class: "connection-label" });
  #indicator;
  #announce;
  #title = h("strong", {});
  #text = h("span", {});
  #button = h("button", { class: "button small", type: "button", "data-testid": "banner-retry" });
  #wasOpen = false;
  #troubled = false;

  /** `announce(text)` reads a text to people who do not see the page. */
  constructor(indicator, banner, socket, announce) {
    this.#socket = socket;
    this.#indicator = indicator;
    this.#banner = banner;
    this.#announce = announce;
    fill(indicator, h("span", { class: "dot", "aria-hidden": "true" }), this.#label);
    fill(banner, icon("alert"), h("p", {}, this.#title, " ", this.#text), this.#button);
    this.#button.addEventListener("click", () => socket.start());
    socket.addEventListener("state", () => this.#changed());
    this.#draw();
  }

  /** A second has passed. */
  tick() {
    if (this.#socket.state === "waiting") this.#draw();
  }

  #changed() {
    const { state, reason } = this.#socket;
    const trouble = state === "waiting" || state === "stopped";
    if (trouble && !this.#troubled) this.#announce(`Disconnected. ${reason}`);
    if (state === "open" && this.#troubled) this.#announce("Connected again.");
    if (state === "open") this.#wasOpen = true;
    if (state === "idle") this.#wasOpen = false;
    if (state !== "connecting") this.#troubled = trouble;
    this.#draw();
  }

  #draw() {
    const { state, reason } = this.#socket;
    document.body.dataset.connection = state;
    this.#indicator.dataset.state = state;
    setText(this.#label, LABELS[state]);
    this.#banner.hidden = !this.#troubled;
    if (!this.#troubled) return;
    const after = this.#wasOpen ? " Progress below may be out of date until then." : "";
    setText(this.#title, this.#wasOpen ? "Disconnected." : "No connection.");
    if (state === "waiting") setText(this.#text, `${reason} Trying again in ${this.#secondsLeft()} s.${after}`);
    if (state === "connecting") setText(this.#text, "Trying to connect…");
    if (state === "stopped") setText(this.#text, reason);
    setText(this.#button, state === "stopped" ? "Connect again" : "Try now");
    this.#button.disabled = state === "connecting";
  }

  #secondsLeft() {
    return Math.max(1, Math.ceil((this.#socket.retryAt - Date.now()) / 1000));
  }
}

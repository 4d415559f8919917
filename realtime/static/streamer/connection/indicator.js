/** Whether there is a connection: a dot in the top bar, and a banner while there is none. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { announcementOf, bannerTexts, troubledAfter } from "./banner.js";

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
    const { state } = this.#socket;
    const announcement = announcementOf(this.#socket, this.#troubled);
    if (announcement) this.#announce(announcement);
    if (state === "open") this.#wasOpen = true;
    if (state === "idle") this.#wasOpen = false;
    this.#troubled = troubledAfter(state, this.#troubled);
    this.#draw();
  }

  #draw() {
    const { state } = this.#socket;
    document.body.dataset.connection = state;
    this.#indicator.dataset.state = state;
    setText(this.#label, LABELS[state]);
    this.#banner.hidden = !this.#troubled;
    if (!this.#troubled) return;
    const { title, text, button } = bannerTexts(this.#socket, this.#wasOpen);
    setText(this.#title, title);
    setText(this.#text, text);
    setText(this.#button, button);
    this.#button.disabled = state === "connecting";
  }
}

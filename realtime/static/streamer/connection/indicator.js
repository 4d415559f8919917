/** Whether there is a connection: a dot in the top bar, and a banner while there is none. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { announcementOf, bannerTexts, labelOf, troubledAfter } from "./banner.js";

export class ConnectionView {
  #link;
  #banner;
  #label = h("span", { class: "connection-label" });
  #detail = h("span", { class: "connection-detail", "data-testid": "connection-detail" });
  #indicator;
  #announce;
  #title = h("strong", {});
  #text = h("span", {});
  #button = h("button", { class: "button small", type: "button", "data-testid": "banner-retry" });
  #wasOpen = false;
  #troubled = false;

  /** `announce(text)` reads a text to people who do not see the page. */
  constructor(indicator, banner, link, announce) {
    this.#link = link;
    this.#indicator = indicator;
    this.#banner = banner;
    this.#announce = announce;
    fill(indicator, h("span", { class: "dot", "aria-hidden": "true" }), this.#label, this.#detail);
    fill(banner, icon("alert"), h("p", {}, this.#title, " ", this.#text), this.#button);
    this.#button.addEventListener("click", () => link.start());
    link.addEventListener("change", () => this.#changed());
    this.#draw();
  }

  /** A second has passed. */
  tick() {
    if (this.#troubled) this.#draw();
  }

  #changed() {
    const { state } = this.#link;
    const announcement = announcementOf(this.#link, this.#troubled);
    if (announcement) this.#announce(announcement);
    if (state === "open") this.#wasOpen = true;
    if (state === "idle") this.#wasOpen = false;
    this.#troubled = troubledAfter(state, this.#troubled);
    this.#draw();
  }

  #draw() {
    const { state } = this.#link;
    document.body.dataset.connection = state;
    this.#indicator.dataset.state = state;
    const { label, detail } = labelOf(this.#link);
    setText(this.#label, label);
    setText(this.#detail, detail);
    this.#banner.hidden = !this.#troubled;
    if (!this.#troubled) return;
    const { title, text, button } = bannerTexts(this.#link, this.#wasOpen);
    setText(this.#title, title);
    setText(this.#text, text);
    setText(this.#button, button);
    this.#button.hidden = button === "";
    this.#button.disabled = state === "connecting";
  }
}

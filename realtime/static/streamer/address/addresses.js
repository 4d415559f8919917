/** Keeps the address and the page in step, so that Back, Forward, a reload and a link lead where they should. */

import { fragmentOf, placeOf, START } from "./place.js";

export class Addresses {
  #read;
  #show;
  #isActive = false;
  #turn = 0;
  #showing = 0;

  /** `read()` gives the place that the page shows now; `show(place)` makes it show one, and may take its time. */
  constructor({ read, show }) {
    this.#read = read;
    this.#show = show;
    globalThis.addEventListener("popstate", () => this.#isActive && this.#follow());
  }

  /** Somebody is signed in: show what the address says. */
  begin() {
    this.#isActive = true;
    return this.#follow(START);
  }

  /** Nobody is signed in. The address stays, for whoever signs in next, unless `forget`. */
  end({ forget = false } = {}) {
    this.#isActive = false;
    this.#turn += 1;
    this.#showing = 0;
    if (forget) history.replaceState(null, "", location.pathname + location.search);
  }

  /** The person has gone somewhere else on the page; with `replace` it is no step that Back takes back. */
  changed({ replace = false } = {}) {
    if (!this.#isActive || this.#showing > 0) return;
    const fragment = fragmentOf(this.#read());
    if (fragment === location.hash) return;
    if (replace) history.replaceState(null, "", fragment);
    else history.pushState(null, "", fragment);
  }

  /** The whole address of a place that names what is not said there as the start does. */
  linkTo(place) {
    return new URL(fragmentOf({ ...START, ...place }), location.href).href;
  }

  /** A fragment of another kind leads to a part of the page: `otherwise` is shown then, or nothing else for null. */
  async #follow(otherwise = null) {
    const place = location.hash === "" ? START : (placeOf(location.hash) ?? otherwise);
    if (place === null) return;
    const turn = ++this.#turn;
    this.#showing += 1;
    try {
      await this.#show(place);
    } finally {
      if (turn === this.#turn) this.#showing = 0;
    }
    // What could not be shown is not in the address either.
    if (turn === this.#turn) this.changed({ replace: true });
  }
}

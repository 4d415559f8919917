/** The tab of the browser: its title and its icon show how what runs gets on. */

import { tabShare, tabTitle } from "./tab_title.js";

const STEPS = 20;
/** Of more, each message would change the title. */
const MANY = 20;
const PAUSE_MS = 500;
const ROUND = 2 * Math.PI * 11;

export class Tab {
  #store;
  #titleOf;
  #icon = document.querySelector("link[rel=icon]");
  #plain = this.#icon?.href;
  #shown = null;
  #updatedAt = 0;

  /** `titleOf(record)` gives the title of a request. */
  constructor(store, titleOf) {
    this.#store = store;
    this.#titleOf = titleOf;
  }

  update() {
    const live = this.#store.live();
    if (live.length > MANY && Date.now() - this.#updatedAt < PAUSE_MS) return;
    this.#updatedAt = Date.now();
    const title = tabTitle(live, this.#titleOf);
    if (document.title !== title) document.title = title;
    const share = tabShare(live);
    // In steps, for browsers fetch each icon anew.
    this.#draw(share === null ? null : Math.floor((share / 100) * STEPS));
  }

  #draw(step) {
    if (step === this.#shown || !this.#icon) return;
    this.#shown = step;
    this.#icon.href = step === null ? this.#plain : `data:image/svg+xml,${encodeURIComponent(ring(step / STEPS))}`;
  }
}

function ring(share) {
  const circle = (color, dash) =>
    `<circle cx="16" cy="16" r="11" fill="none" stroke="${color}" stroke-width="6" ${dash}/>`;
  const filled = `stroke-dasharray="${ROUND * share} ${ROUND}" transform="rotate(-90 16 16)"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${circle("#c3cad5", "")}${circle("#2f5bea", filled)}</svg>`;
}

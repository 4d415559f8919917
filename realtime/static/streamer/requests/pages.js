/** Decide which requests are listed: by status, newest first, page by page, and how many are kept. No DOM here. */

import { LIVE } from "./record.js";

export const FIRST_PAGE = 25;
export const LATER_PAGE = 100;
/** Requests beyond those that were asked for, before the oldest are let go. */
const SPARE = 100;

export class Pages {
  /** A status, or empty for all. */
  filter = "";
  #store;
  #cursor = null;
  #oldest = Infinity;
  #wanted = FIRST_PAGE;
  #round = 0;

  constructor(store) {
    this.#store = store;
  }

  /** Whether the server has older ones. */
  get hasMore() {
    return Boolean(this.#cursor);
  }

  /** Begin again with the first page. */
  restart() {
    this.#cursor = null;
    this.#oldest = Infinity;
    this.#wanted = FIRST_PAGE;
  }

  /** Forget what was read, and what is being read. */
  clear() {
    this.#round += 1;
    this.#oldest = Infinity;
  }

  /**
   * Read on, until requests older than those before have come. `list(status, cursor, limit)` gives a page. False when
   * something newer has taken the place of this reading, whatever became of it; throws what `list` throws otherwise.
   */
  async read(limit, list) {
    this.#round += 1;
    const round = this.#round;
    const before = this.#oldest;
    try {
      let oldest;
      do {
        const { records, nextCursor } = await list(this.filter, this.#cursor, limit);
        if (round !== this.#round) return false;
        this.#cursor = nextCursor;
        // What is older than the pages read so far stays hidden, or the list would have unseen holes.
        oldest = nextCursor ? Math.min(...records.map((record) => record.createdAt)) : -Infinity;
        // After some were let go, it is read from the top again, until older ones than before have come.
      } while (oldest >= before);
      this.#oldest = oldest;
      this.#wanted = Math.max(this.#wanted, this.shown().length);
      return true;
    } catch (error) {
      if (round !== this.#round) return false;
      throw error;
    }
  }

  /** All that the list has a place for, newest first. */
  shown() {
    const shown = this.#store.all().filter((record) => this.#shows(record));
    return shown.sort((a, b) => b.createdAt - a.createdAt);
  }

  /**
   * Thousands may pass by while the page is open. Of those that ended, only the shown ones and a few more
   * are kept, here and in the store → `{kept, trimmed}`; when some were dropped, the server has more.
   */
  trim() {
    const shown = this.shown();
    const kept = shown.slice(0, this.#wanted + SPARE);
    const trimmed = kept.length < shown.length;
    if (trimmed) {
      kept.length = this.#wanted;
      kept.push(...shown.slice(this.#wanted).filter((record) => LIVE.has(record.status)));
      this.#oldest = kept[this.#wanted - 1].createdAt;
      this.#cursor = null;
    }
    const staying = new Set(kept);
    for (const record of this.#store.all())
      if (!staying.has(record) && !LIVE.has(record.status)) this.#store.forget(record);
    return { kept, trimmed };
  }

  #shows(record) {
    const matches = !this.filter || record.status === this.filter;
    const ownAndNew = record.clientId !== null || LIVE.has(record.status);
    return matches && (ownAndNew || record.createdAt >= this.#oldest);
  }
}

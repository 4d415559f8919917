/** Decide which requests are listed: by a filter, newest first, page by page, and how many are kept. No DOM here. */

import { fitsServer, fitsText, NO_FILTER } from "./matching.js";
import { LIVE } from "./record.js";

export const FIRST_PAGE = 25;
export const LATER_PAGE = 100;
/** Requests beyond those that were asked for, before the oldest are let go. */
const SPARE = 100;

export class Pages {
  filter = NO_FILTER;
  #store;
  #titleOf;
  #cursor = null;
  #oldest = Infinity;
  #wanted = FIRST_PAGE;
  #round = 0;

  /** `titleOf(action)` gives the title of an action. */
  constructor(store, titleOf = (action) => action) {
    this.#store = store;
    this.#titleOf = titleOf;
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

  /** What is being read is of no use any more. What was read stays. */
  drop() {
    this.#round += 1;
  }

  /** Forget what was read, and what is being read. */
  clear() {
    this.drop();
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
      this.#wanted = Math.max(this.#wanted, this.#held().length);
      return true;
    } catch (error) {
      if (round !== this.#round) return false;
      throw error;
    }
  }

  /** All that the list shows, newest first. */
  shown() {
    return this.#held().filter((record) => this.#hasText(record));
  }

  /**
   * Thousands may pass by while the page is open. Of those that ended, only the ones asked for and a few more are kept,
   * here and in the store → `{kept, trimmed}`: what is shown, and whether some were dropped, which the server has.
   */
  trim() {
    const held = this.#held();
    const kept = held.slice(0, this.#wanted + SPARE);
    const trimmed = kept.length < held.length;
    if (trimmed) {
      kept.length = this.#wanted;
      kept.push(...held.slice(this.#wanted).filter((record) => LIVE.has(record.status)));
      this.#oldest = kept[this.#wanted - 1].createdAt;
      this.#cursor = null;
    }
    const staying = new Set(kept);
    // The server could not give back what it never stored.
    const mayGo = (record) => !staying.has(record) && !LIVE.has(record.status) && !record.inline && !record.refused;
    for (const record of this.#store.all().filter(mayGo)) this.#store.forget(record);
    return { kept: kept.filter((record) => this.#hasText(record)), trimmed };
  }

  /** What the list has a place for, whatever text is looked for, newest first. */
  #held() {
    const held = this.#store.all().filter((record) => this.#holds(record));
    return held.sort((a, b) => b.createdAt - a.createdAt);
  }

  #holds(record) {
    const ownAndNew = record.clientId !== null || LIVE.has(record.status) || record.requestId === this.filter.text;
    return fitsServer(record, this.filter) && (ownAndNew || record.createdAt >= this.#oldest);
  }

  #hasText(record) {
    return fitsText(record, this.filter.text, this.#titleOf);
  }
}

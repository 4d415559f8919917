/** The datasets of the tenant, as far as they have been read. */

/** Events: `change`. */
export class Datasets extends EventTarget {
  /** Newest first, after the sources. */
  all = [];
  /** `idle`, `loading`, `ready` or `failed`. */
  state = "idle";
  failure = "";
  usedBytes = null;
  quotaBytes = null;
  /** The most that one upload may have. */
  uploadBytes = null;
  #api;
  #cursor = null;
  #round = 0;

  constructor(api) {
    super();
    this.#api = api;
  }

  get hasMore() {
    return this.#cursor !== null;
  }

  /** Read the first page, unless that was done or is being done. */
  want() {
    if (this.state === "idle" || this.state === "failed") this.load();
  }

  /** Read the first page anew. */
  load() {
    return this.#read(null);
  }

  more() {
    return this.#read(this.#cursor);
  }

  clear() {
    this.#round += 1;
    Object.assign(this, { all: [], usedBytes: null, quotaBytes: null, uploadBytes: null });
    this.#cursor = null;
    this.#enter("idle");
  }

  /** Throws ApiError. */
  async delete(dataset) {
    try {
      await this.#api.deleteDataset(dataset.dataset_id);
    } catch (error) {
      // Somebody else was quicker: it is gone all the same.
      if (error.status !== 404) throw error;
    }
    await this.load();
  }

  async #read(cursor) {
    const round = ++this.#round;
    this.#enter("loading");
    try {
      const page = await this.#api.datasets(cursor);
      if (round !== this.#round) return;
      this.all = cursor ? [...this.all, ...page.datasets] : page.datasets;
      this.usedBytes = page.used_bytes;
      this.quotaBytes = page.quota_bytes ?? null;
      this.uploadBytes = page.upload_bytes ?? null;
      this.#cursor = page.next_cursor;
      this.#enter("ready");
    } catch (error) {
      if (round === this.#round) this.#enter("failed", error.message);
    }
  }

  #enter(state, failure = "") {
    this.state = state;
    this.failure = failure;
    this.dispatchEvent(new Event("change"));
  }
}

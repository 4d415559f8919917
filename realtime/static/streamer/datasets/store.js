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

  /** All, to choose one of; none when they cannot be had. */
  async toChoose() {
    if (this.state !== "ready") await this.load();
    return this.all;
  }

  /** The columns of a dataset, by its name or id: `[{name, type}]`; none when they cannot be had. */
  async columns(id) {
    if (!id) return [];
    const known = this.all.find((dataset) => dataset.name === id || dataset.dataset_id === id);
    try {
      const { columns } = known?.columns ? known : await this.#api.dataset(id);
      return columns;
    } catch {
      return [];
    }
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

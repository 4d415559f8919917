/** The section of datasets: uploading, the list, and the one that is open. */

import { fill, h } from "../ground/dom.js";
import { Uploader } from "../uploads/area.js";
import { Uploads } from "../uploads/queue.js";
import { DatasetList } from "./list.js";
import { DatasetPage } from "./page.js";
import { Datasets } from "./store.js";

export class DatasetPane {
  #root;
  #session;
  #uploads;
  #uploader;
  #list;
  #page;
  #upload = h("div", { class: "uploader" });
  #opened = null;
  #onMove;

  /**
   * `onUse(dataset)`; `onMove()` tells that another one is open, or none; `linkTo(datasetId)` gives its address;
   * `announce(text)` for people who do not see the page.
   */
  constructor(root, { api, session, onUse, onMove, linkTo, announce }) {
    this.#root = root;
    this.#session = session;
    this.#onMove = onMove;
    this.datasets = new Datasets(api);
    this.#uploads = new Uploads(session, () => this.datasets.uploadBytes);
    const listing = h("div", {});
    const page = h("div", { class: "dataset-page", "data-testid": "dataset-page" });
    const title = h("h2", { class: "pane-title", id: "datasets-title" }, "Datasets");
    fill(root, h("div", { class: "dataset-side" }, title, this.#upload, listing), page);
    const open = (dataset) => this.open(dataset);
    this.#uploader = new Uploader(this.#upload, root, this.#uploads, { onOpen: open });
    this.#list = new DatasetList(listing, this.datasets, { onOpen: open });
    this.#page = new DatasetPage(page, api, {
      permitted: (name) => session.may(name),
      onBack: () => this.#back(),
      onUse,
      linkTo,
      onDelete: (dataset) => this.#delete(dataset, announce),
    });
    this.datasets.addEventListener("change", () => this.#uploader.showLimit(this.datasets.uploadBytes));
    this.#uploads.addEventListener("done", (event) => this.#stored(event.detail, announce));
    window.addEventListener("beforeunload", (event) => this.#uploads.busy && event.preventDefault());
    this.clear();
  }

  /** The section is looked at: read the list, for others of the tenant may have changed it. */
  show() {
    this.#upload.hidden = !this.#session.may("datasets.write");
    this.datasets.load();
  }

  clear() {
    this.#uploads.clear();
    this.datasets.clear();
    this.#close();
  }

  /** The id of the one that is open; null for none. */
  get opened() {
    return this.#opened;
  }

  /** Show the one with this id, or none for null. Its page says so when it is gone. */
  showId(id) {
    if (id === this.#opened) return;
    if (id === null) this.#close();
    else this.open(this.datasets.all.find((dataset) => dataset.dataset_id === id) ?? { dataset_id: id, name: "" });
  }

  open(dataset) {
    this.#opened = dataset.dataset_id;
    this.#root.dataset.step = "page";
    this.#list.choose(dataset.dataset_id);
    this.#page.open(dataset);
    this.#onMove();
  }

  /** Close what is open, and go on in the list. */
  #back() {
    const id = this.#opened;
    this.#close();
    this.#list.focus(id);
    this.#onMove();
  }

  #close() {
    this.#opened = null;
    this.#root.dataset.step = "list";
    this.#list.choose(null);
    this.#page.clear();
  }

  async #stored(upload, announce) {
    announce(`${upload.dataset.name} is stored`);
    await this.datasets.load();
    // What the person looks at stays there.
    if (this.#opened === null) this.open(upload.dataset);
  }

  async #delete(dataset, announce) {
    await this.datasets.delete(dataset);
    announce(`${dataset.name} is deleted`);
    if (this.#opened === dataset.dataset_id) this.#back();
  }
}

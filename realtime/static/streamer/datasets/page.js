/** One dataset in full: what is known of it, its columns, its first rows, and what can be done with it. */

import { confirmed } from "../ground/confirm.js";
import { fill, h, icon } from "../ground/dom.js";
import { counted } from "../ground/format.js";
import { dataTable } from "../ground/table.js";
import { copyLinkButton } from "../shell/copy_link.js";
import { emptyCells, factsOf, wordFor } from "./facts.js";

export class DatasetPage {
  #root;
  #api;
  #on;
  #permitted;
  #linkTo;
  #round = 0;

  /**
   * `onBack()`, `onUse(dataset)`, `onDelete(dataset)` (a promise). `permitted(name)` tells what the token may do;
   * `linkTo(datasetId)` gives an address.
   */
  constructor(root, api, { permitted, linkTo, onBack, onUse, onDelete }) {
    this.#root = root;
    this.#api = api;
    this.#permitted = permitted;
    this.#linkTo = linkTo;
    this.#on = { onBack, onUse, onDelete };
  }

  /** Nothing is chosen. */
  clear() {
    this.#round += 1;
    const text = h("p", {}, "Its columns and first rows show here.");
    fill(this.#root, h("div", { class: "empty" }, h("p", { class: "empty-title" }, "Choose a dataset"), text));
  }

  async open(dataset) {
    const round = ++this.#round;
    const title = h("h2", { tabindex: "-1", dir: "auto" }, dataset.name);
    const body = h("div", { class: "dataset-body", "aria-busy": "true" });
    const waiting = [1, 2, 3].map(() => h("div", { class: "skeleton", "aria-hidden": "true" }));
    fill(body, waiting);
    fill(this.#root, this.#head(dataset, title), body);
    // On a narrow window the list, and what had the focus in it, is gone now.
    if (document.activeElement.getClientRects().length === 0) title.focus();
    try {
      const whole = await this.#api.dataset(dataset.dataset_id);
      if (round !== this.#round) return;
      // Who came by an address knows the id alone.
      if (!dataset.name) fill(this.#root, this.#head(whole, h("h2", { dir: "auto" }, whole.name)), body);
      fill(body, bodyOf(whole));
    } catch (error) {
      if (round === this.#round) fill(body, this.#failure(dataset, error));
    }
    body.setAttribute("aria-busy", "false");
  }

  #head(dataset, title) {
    const fault = h("p", { class: "fault", role: "alert", "data-testid": "dataset-fault", hidden: true });
    const back = h(
      "button",
      { class: "button quiet back", type: "button", on: { click: this.#on.onBack } },
      icon("back"),
      "All datasets",
    );
    const use = h(
      "button",
      {
        class: "button primary",
        type: "button",
        "data-testid": "dataset-use",
        on: { click: () => this.#on.onUse(dataset) },
      },
      icon("send"),
      "Process",
    );
    const remove = h(
      "button",
      {
        class: "button",
        type: "button",
        "data-testid": "dataset-delete",
        on: { click: () => this.#delete(dataset, remove, fault) },
      },
      icon("trash"),
      "Delete",
    );
    const link = copyLinkButton(() => this.#linkTo(dataset.dataset_id));
    use.hidden = !dataset.name || !this.#permitted("data.process");
    remove.hidden = !dataset.name || dataset.kind === "source" || !this.#permitted("datasets.write");
    const head = h("div", { class: "dataset-title" }, title, h("div", { class: "detail-buttons" }, use, remove, link));
    return h(
      "header",
      {},
      back,
      head,
      dataset.description ? h("p", { class: "lead" }, dataset.description) : null,
      fault,
    );
  }

  async #delete(dataset, button, fault) {
    const rows = `${counted(dataset.rows, "row")} ${dataset.rows === 1 ? "is" : "are"} deleted`;
    const text = `${rows}, for everybody in your organisation. Requests that have yet to read the dataset will fail.`;
    if (!(await confirmed(`Delete ${dataset.name}?`, text, "Delete"))) return;
    button.disabled = true;
    fault.hidden = true;
    try {
      await this.#on.onDelete(dataset);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
    button.disabled = false;
  }

  #failure(dataset, error) {
    const gone = error.status === 404;
    const again = h(
      "button",
      { class: "button", type: "button", on: { click: () => this.open(dataset) } },
      "Try again",
    );
    const text = gone ? "This dataset is no longer there." : error.message;
    return h("div", { class: "empty small", role: "alert" }, h("p", {}, text), gone ? null : again);
  }
}

function bodyOf(dataset) {
  const notes = (dataset.notes ?? []).map((note) => h("li", {}, note));
  const names = dataset.columns.map((column) => column.name);
  return [
    notes.length ? h("div", { class: "alert soft" }, icon("alert"), h("div", {}, h("ul", {}, notes))) : null,
    h(
      "dl",
      { class: "facts-table", "data-testid": "dataset-facts" },
      factsOf(dataset).map(([name, value, title]) => h("div", {}, h("dt", {}, name), h("dd", { title }, value))),
    ),
    h("section", {}, h("h3", {}, "Columns"), columnTable(dataset)),
    h("section", {}, h("h3", {}, "First rows"), firstRows(dataset.sample, names)),
  ];
}

function columnTable(dataset) {
  const hasNulls = dataset.columns.some((column) => "nulls" in column);
  const head = ["Column", "Type"].map((name) => h("th", { scope: "col" }, name));
  if (hasNulls) head.push(h("th", { scope: "col", class: "number" }, "Empty"));
  const row = (column) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, column.name),
      h("td", { title: column.type }, wordFor(column.type)),
      hasNulls ? h("td", { class: "number" }, emptyCells(column.nulls, dataset.rows)) : null,
    );
  const table = h(
    "table",
    { class: "table" },
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, dataset.columns.map(row)),
  );
  const props = {
    class: "table-box",
    role: "region",
    "aria-label": "Columns",
    tabindex: "0",
    "data-testid": "columns",
  };
  return h("div", props, table);
}

function firstRows(sample, columns) {
  if (sample.length === 0) return h("p", { class: "quiet" }, "There are no rows.");
  return dataTable(sample, { columns, label: "First rows", testid: "sample" });
}

/** What the first rows would become, shown under the field that says what is done with them, while it is written. */

import { wordFor } from "../datasets/facts.js";
import { fill, h } from "../ground/dom.js";
import { count, counted } from "../ground/format.js";
import { dataTable } from "../ground/table.js";
import { collect } from "./payload.js";

const PAUSE_MS = 500;

export class Preview {
  #row;
  #run;
  #timer = null;
  #asked = "";
  #status = h("p", { class: "hint", role: "status" });
  #table = h("div", { class: "preview-rows" });
  node = h("div", { class: "preview", "data-testid": "preview", hidden: true }, this.#status, this.#table);

  /** `row`: the field; `run(action, payload)` asks the server. */
  constructor(row, run) {
    this.#row = row;
    this.#run = run;
  }

  /** Something in the form, whose rows these are, may have changed. */
  update(rows) {
    clearTimeout(this.#timer);
    if (!this.#row.node.isConnected || this.#row.hidden) return;
    this.#timer = setTimeout(() => this.#look(rows), PAUSE_MS);
  }

  async #look(rows) {
    const { value } = collect(rows);
    const { fault, faulty } = this.#row.control.read();
    if (fault || faulty) return this.#say("Fill in what is missing to see what the first rows become.");
    const asked = JSON.stringify(value);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#say("Looking …");
    try {
      const answer = await this.#answerTo(value);
      if (asked === this.#asked) this.#show(answer);
    } catch (error) {
      if (asked === this.#asked) this.#complain(error);
    }
  }

  /** The first preview of a server may find it loading what it takes: ask once more. */
  async #answerTo(payload) {
    try {
      return await this.#run(this.#row.field.preview, payload);
    } catch (error) {
      if (error.code !== "TIMEOUT") throw error;
      return this.#run(this.#row.field.preview, payload);
    }
  }

  #show({ columns, rows, total_rows: total, read_rows: read, is_cut: isCut }) {
    this.#row.showFault("");
    const first =
      rows.length < total ? `The first ${count(rows.length)} of ${count(total)} rows` : counted(total, "row");
    this.#say(`${first}, made from ${isCut ? "the first " : ""}${counted(read, "row")} of the data.`, false);
    const named = Object.fromEntries(columns.map(({ name, type }) => [name, wordFor(type)]));
    const names = columns.map(({ name }) => name);
    fill(this.#table, dataTable(rows, { columns: names, label: "Preview of the outcome" }));
    // The type stands under the name, as it decides what an operation can do with a column.
    for (const head of this.#table.querySelectorAll("thead th"))
      head.append(h("span", { class: "column-type" }, named[head.title]));
  }

  #complain({ message, details }) {
    this.#row.showFault("");
    const { name } = this.#row.field;
    const faults = details?.faults ?? [];
    const at = details?.operation;
    const placed = faults.filter(({ path, message: why }) => {
      const from = path.search(new RegExp(`(^|\\.)${name}(?=[.[]|$)`));
      return from >= 0 && this.#row.take({ path: path.slice(from).replace(/^\./, ""), message: why });
    });
    if (Number.isInteger(at)) this.#row.control.take?.({ path: `[${at}]`, message });
    const others = faults.filter((one) => !placed.includes(one)).map((one) => one.message);
    const text = placed.length || Number.isInteger(at) ? "Correct that to see the preview." : message;
    this.#say(others.length ? `No preview: ${others.join("; ")}.` : text);
  }

  /** `isAlone`: no rows are shown with it. */
  #say(text, isAlone = true) {
    this.node.hidden = false;
    this.#status.textContent = text;
    if (isAlone) this.#table.classList.add("stale");
    else this.#table.classList.remove("stale");
    if (isAlone && !text.startsWith("Looking")) this.#asked = "";
  }
}

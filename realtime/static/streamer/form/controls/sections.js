/** The rows of an object, those of a named group folded under its heading. */

import { h } from "../../ground/dom.js";
import { isBlank } from "../payload.js";
import { grouped } from "../schema/hints.js";
import { presetsFor } from "./presets.js";

export class Sections {
  nodes = [];
  #rows;
  #folds = [];

  constructor(rows) {
    this.#rows = rows;
    const [plain, named] = [rows.filter(({ field }) => !field.section), rows.filter(({ field }) => field.section)];
    for (const row of plain) {
      this.nodes.push(row.node);
      const begin = rows.find(({ field }) => field.periodEnd === row.field.name);
      if (begin) this.nodes.push(presetsFor(begin, row));
    }
    for (const [name, inside] of grouped(named, ({ field }) => field.section)) {
      const fields = h(
        "div",
        { class: "fields" },
        inside.map((row) => row.node),
      );
      const node = h("details", { class: "fold section" }, h("summary", { class: "field-label" }, name), fields);
      this.#folds.push({ node, inside });
      this.nodes.push(node);
    }
  }

  /** Show what belongs to the values that are chosen. */
  arrange(scope, isUsed = true) {
    for (const row of this.#rows) row.arrange(scope, isUsed);
    for (const { node, inside } of this.#folds) node.hidden = inside.every((row) => row.hidden);
  }

  /** Open the groups that have a value. */
  unfold() {
    for (const { node, inside } of this.#folds) node.open = !inside.every(isBlank);
  }
}

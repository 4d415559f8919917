/** Where files are dropped or chosen, and how far each of them is. */

import { fill, h, icon, setText } from "../ground/dom.js";
import { size } from "../ground/format.js";
import { faultOf, isUnderWay, sentenceOf, sentOf } from "./status.js";

const ACCEPT = ".csv,.tsv,.txt,.jsonl,.ndjson,.json,.parquet,.xlsx,.xlsb,.xls,.ods,.gz";

export class Uploader {
  #root;
  #uploads;
  #rows = new Map();
  #list = h("ul", { class: "uploads", "data-testid": "uploads", "aria-label": "Uploads" });
  #input = h("input", {
    type: "file",
    id: "upload-file",
    class: "visually-hidden",
    multiple: true,
    accept: ACCEPT,
    "data-testid": "upload-input",
  });
  #limit = h("span", { class: "limit" });
  #wish = wishForm();
  #onOpen;

  /** `onOpen(dataset)`: show what was uploaded. Files may be dropped anywhere on `area`. */
  constructor(root, area, uploads, { onOpen }) {
    this.#root = root;
    this.#uploads = uploads;
    this.#onOpen = onOpen;
    this.#input.addEventListener("change", () => this.#choose(this.#input.files));
    uploads.addEventListener("change", () => this.#draw());
    takeDrops(area, (files) => this.#choose(files));
    const zone = h(
      "label",
      { class: "dropzone", for: "upload-file" },
      icon("upload"),
      h("span", { class: "dropzone-title" }, h("span", { class: "link" }, "Choose files"), " or drop them here"),
      h("span", { class: "hint" }, "CSV, TSV, JSON Lines, Parquet or Excel; gzip too. ", this.#limit),
    );
    fill(root, this.#input, zone, this.#wish.node, this.#list);
  }

  showLimit(bytes) {
    setText(this.#limit, bytes === null ? "" : `Up to ${size(bytes)} each.`);
  }

  #choose(files) {
    // Without the permission there is nothing to choose with, but files can be dropped all the same.
    if (this.#root.hidden) return;
    const wish = this.#wish.read();
    for (const file of files) this.#uploads.add(file, files.length === 1 ? wish : { ...wish, name: "" });
    if (files.length) this.#wish.clearName();
    this.#input.value = "";
  }

  #draw() {
    const rows = this.#uploads.all.map((upload) => this.#row(upload));
    for (const upload of this.#rows.keys()) if (!this.#uploads.all.includes(upload)) this.#rows.delete(upload);
    // Nodes that stay are not moved: a button in them may have the focus.
    rows.forEach((row, index) => {
      if (this.#list.children[index] !== row.node)
        this.#list.insertBefore(row.node, this.#list.children[index] ?? null);
      row.update();
    });
    while (this.#list.children.length > rows.length) this.#list.lastChild.remove();
  }

  #row(upload) {
    if (!this.#rows.has(upload)) this.#rows.set(upload, uploadRow(upload, this.#uploads, this.#onOpen));
    return this.#rows.get(upload);
  }
}

/** → `{node, update()}` */
function uploadRow(upload, uploads, onOpen) {
  const bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" });
  const filled = bar.appendChild(h("span", { class: "bar-fill" }));
  const text = h("p", { class: "upload-text", "data-testid": "upload-text" });
  const fault = h("p", { class: "fault", role: "alert", "data-testid": "upload-fault" });
  const button = (label, testid, click) =>
    h("button", { class: "button small", type: "button", "data-testid": testid, on: { click } }, label);
  const stop = button("Stop", "upload-stop", () => uploads.stop(upload));
  const again = button("Try again", "upload-again", () => uploads.again(upload));
  const open = button("Show", "upload-open", () => onOpen(upload.dataset));
  const dismiss = button("Dismiss", "upload-dismiss", () => uploads.dismiss(upload));
  const head = h("div", { class: "upload-head" }, h("strong", {}, upload.file.name), stop, again, open, dismiss);
  const node = h("li", { class: "upload", "data-testid": "upload" }, head, bar, text, fault);
  bar.setAttribute("aria-label", `Upload of ${upload.file.name}`);
  return {
    node,
    update() {
      const { state } = upload;
      const under = isUnderWay(upload);
      const { percent, share } = sentOf(upload);
      node.dataset.state = state;
      bar.hidden = !under;
      filled.style.setProperty("--share", `${share}%`);
      if (state === "reading") bar.removeAttribute("aria-valuenow");
      else bar.setAttribute("aria-valuenow", String(percent));
      stop.hidden = !under;
      again.hidden = !["failed", "stopped"].includes(state);
      open.hidden = state !== "done";
      dismiss.hidden = under;
      setText(text, sentenceOf(upload));
      setText(fault, state === "failed" ? faultOf(upload.error) : "");
      fault.hidden = state !== "failed";
    },
  };
}

/** What may be said about the next file → `{node, read(), clearName()}`. */
function wishForm() {
  const name = h("input", {
    class: "input",
    id: "upload-name",
    placeholder: "made from the file's name",
    autocomplete: "off",
  });
  const sheet = h("input", {
    class: "input",
    id: "upload-sheet",
    placeholder: "the first visible one",
    autocomplete: "off",
  });
  const header = select("upload-header", [
    ["", "Detect it"],
    ["true", "Yes"],
    ["false", "No"],
  ]);
  const days = select("upload-days", [
    ["", "The usual time"],
    ["1", "1 day"],
    ["7", "7 days"],
    ["30", "30 days"],
    ["365", "1 year"],
    ["0", "For ever"],
  ]);
  const field = (label, control) =>
    h("div", { class: "field" }, h("label", { class: "field-label", for: control.id }, label), control);
  const fields = h(
    "div",
    { class: "fields" },
    field("Name", name),
    field("Sheet of a workbook", sheet),
    field("The first line names the columns", header),
    field("Keep for", days),
  );
  return {
    node: h("details", { class: "folded wish" }, h("summary", {}, "Name, header, expiry"), fields),
    read: () => ({
      name: name.value.trim(),
      sheet: sheet.value.trim(),
      header: header.value,
      expires_in_days: days.value,
    }),
    clearName: () => (name.value = ""),
  };
}

function select(id, options) {
  const nodes = options.map(([value, label]) => h("option", { value }, label));
  return h("select", { class: "input", id }, nodes);
}

function takeDrops(area, onFiles) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    area.classList.toggle("dropping", depth > 0);
  };
  area.addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
  area.addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
  // Beside the area too: a browser would otherwise open the file in place of this page.
  window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => hasFiles(event) && event.preventDefault());
  area.addEventListener("drop", (event) => {
    mark(-depth);
    if (hasFiles(event)) onFiles([...event.dataTransfer.files]);
  });
}

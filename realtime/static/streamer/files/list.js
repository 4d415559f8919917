/** The files of one request in its panel: each with its expiry and a way to keep it for longer. */

import { toMs } from "../ground/clock.js";
import { fill, h, setText } from "../ground/dom.js";
import { fullTime, roughTime } from "../ground/format.js";
import { expiresSoon, hasExpired, linkKey, timeLeft } from "./expiry.js";
import { downloadLink } from "./link.js";

const DAYS = [7, 14, 30];

export class Files {
  node = h("ul", { class: "files", "data-testid": "files" });
  #rows = new Map();
  #extend;

  /** `extend(artifact, days)` resolves when it is kept, and rejects with an Error for the person. */
  constructor(extend) {
    this.#extend = extend;
  }

  update(files, connected) {
    const staying = files.map((file) => {
      const key = file.artifact_id ?? file.url;
      if (!this.#rows.has(key)) this.#rows.set(key, new FileRow(this.#extend));
      const row = this.#rows.get(key);
      row.update(file, connected);
      return row.node;
    });
    const changed = staying.length !== this.node.children.length || staying.some((node) => !node.isConnected);
    if (changed) fill(this.node, staying);
    this.node.hidden = files.length === 0;
  }
}

class FileRow {
  #file = null;
  #linkKey = null;
  #busy = false;
  #link = h("span", { class: "file-link" });
  #expiry = h("span", { class: "file-kept", "data-testid": "file-kept" });
  #days = h("select", { class: "input short", "aria-label": "How long from now on" }, DAYS.map(dayOption));
  #keep = h("button", { class: "button small", type: "button", "data-testid": "extend" }, "Keep");
  #said = h("span", { class: "file-said", role: "status", "data-testid": "file-said" });
  #form = h(
    "details",
    { class: "folded file-keep", "data-testid": "file-keep" },
    h("summary", {}, "Keep it for longer"),
    h("span", { class: "file-form" }, this.#days, this.#keep),
  );

  constructor(extend) {
    this.#keep.addEventListener("click", () => this.#extend(extend));
    this.node = h("li", { class: "file" }, this.#link, this.#expiry, this.#form, this.#said);
  }

  update(file, connected) {
    this.#file = file;
    const key = linkKey(file);
    if (key !== this.#linkKey) fill(this.#link, downloadLink(file) ?? file.filename);
    this.#linkKey = key;
    const expires = toMs(file.expires_at);
    const gone = hasExpired(file);
    setText(this.#expiry, expires && !gone ? `Until ${roughTime(expires)} · ${timeLeft(file)}` : "");
    this.#expiry.title = expires ? fullTime(expires) : "";
    this.#expiry.dataset.soon = String(expiresSoon(file));
    this.#keep.setAttribute("aria-label", `Keep ${file.filename} for longer`);
    this.#keep.disabled = this.#busy || !connected;
    this.#form.hidden = gone || expires === null || !file.artifact_id;
  }

  async #extend(extend) {
    this.#busy = this.#keep.disabled = true;
    setText(this.#said, "");
    try {
      const kept = await extend(this.#file, Number(this.#days.value));
      const most = toMs(kept.expires_at) >= toMs(kept.latest_expires_at);
      setText(this.#said, most ? "Kept for as long as it can be." : "Kept for longer.");
    } catch (error) {
      setText(this.#said, error.message);
    }
    this.#busy = this.#keep.disabled = false;
  }
}

function dayOption(days) {
  return h("option", { value: String(days) }, `${days} days from now`);
}

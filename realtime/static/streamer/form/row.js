/** One field of a form. */

import { h } from "../ground/dom.js";
import { limitHint } from "./checks.js";
import { makeControl } from "./controls/make.js";
import { faultAt, isBlank, settle, startValue } from "./payload.js";
import { meets, meetsSome } from "./schema/hints.js";

const FOLDED = ["object", "variants"];

/** A label, a control, what there is to say about it, and what is wrong with it. */
export class FieldRow {
  hidden = false;
  #isRequired;
  /** A value that was given is shown, even where the field would not be. */
  #isPinned = false;
  #isFresh = false;
  #mark = h("span", { class: "required" }, "required");
  #name = h("span", {});
  #fold = null;

  /** `known`: what there is to choose from. `isEntry`: it is an entry of a list, whose label only screen readers need. */
  constructor(field, known, within = "field", { isEntry = false } = {}) {
    const id = `${within}-${field.name}`;
    this.field = field;
    this.control = makeControl(field, id, known, (inner, options) => new FieldRow(inner, known, id, options));
    this.fault = h("p", { class: "fault", id: `${id}-fault`, "data-testid": `fault-${field.name}`, hidden: true });
    const { target, group } = this.control;
    this.#name.textContent = field.title;
    this.#mark.hidden = !field.required || isEntry;
    this.#isRequired = field.required;
    const hint = [isEntry ? "" : field.description, limitHint(field)].filter(Boolean).join(" · ");
    const about = h("p", { class: "hint", id: `${id}-hint`, hidden: hint === "" }, hint);
    if (group) target.setAttribute("aria-labelledby", `${id}-label`);
    else if (field.required && !isEntry) target.setAttribute("aria-required", "true");
    target.setAttribute("aria-describedby", `${id}-hint ${id}-fault`);
    const isFolded = FOLDED.includes(field.kind) && !field.required && !isEntry;
    const parts = isFolded ? [this.#folded(id, about)] : this.#plain(id, about, isEntry);
    const preview = field.preview && known.preview?.(this);
    this.node = h("div", { class: "field", dataset: { testid: id, kind: field.kind } }, parts, this.fault, preview);
  }

  #plain(id, about, isEntry) {
    const { node, group } = this.control;
    const name = [this.#name, this.#mark];
    const style = isEntry ? "visually-hidden" : "field-label";
    const label = group
      ? h("span", { class: style, id: `${id}-label` }, name)
      : h("label", { class: style, id: `${id}-label`, for: id }, name);
    if (this.field.kind === "switch" && !isEntry) return [h("div", { class: "switch-row" }, label, node), about];
    return [label, node, about];
  }

  #folded(id, about) {
    this.#mark.textContent = "optional";
    this.#mark.hidden = false;
    const summary = h("summary", { class: "field-label", id: `${id}-label` }, this.#name, this.#mark);
    this.#fold = h("details", { class: "fold", open: this.field.open }, summary, about, this.control.node);
    return this.#fold;
  }

  get faulty() {
    return !this.fault.hidden || (this.control.isFaulty?.() ?? false);
  }

  /** Call it otherwise, as entries of a list are when one before them goes. */
  rename(title) {
    this.#name.textContent = title;
  }

  write(payload) {
    this.control.write(startValue(this.field, payload));
    this.#isPinned = false;
    this.#isFresh = true;
    if (this.#fold) this.#fold.open = this.field.open || !isBlank(this);
  }

  /**
   * Show the field or hide it, and say whether it is required, by what the others have: `scope(name)` gives their
   * values. `isUsed`: false inside a group of which nothing is given.
   */
  arrange(scope, isUsed = true) {
    const isWanted = meets(this.field.showWhen, scope);
    if (this.#isFresh) this.#isPinned = !isWanted && !isBlank(this);
    this.#isFresh = false;
    this.hidden = !isWanted && !this.#isPinned;
    this.node.hidden = this.hidden;
    this.isDemanded = !this.hidden && meetsSome(this.field.requiredWhen, scope);
    this.#isRequired = this.field.required || this.isDemanded;
    if (!this.#fold) this.#showRequired(this.#isRequired && (isUsed || this.isDemanded));
    this.control.arrange?.(scope, isUsed && (!this.#fold || !isBlank(this)));
    if (this.#fold) this.#mark.hidden = this.control.isDemanded?.() ?? false;
  }

  /** Whether the form has a place for all of this value. */
  fits(value) {
    return this.control.fits?.(value) ?? true;
  }

  /** → `{value}`, `{}` to leave the field out, `{fault}`; `faulty` too when the fault lies in a field inside. */
  read(complain = false) {
    const field = { ...this.field, required: this.#isRequired, isDemanded: this.isDemanded };
    return settle(field, this.control.read(complain));
  }

  /** Show a fault of the server if it lies in this field. */
  take(fault) {
    const at = faultAt(this.field, fault);
    if (!at) return false;
    if (at.inner && this.control.take?.({ path: at.inner, message: fault.message })) return true;
    this.showFault(this.fault.hidden ? at.text : `${this.fault.textContent}; ${at.text}`);
    return true;
  }

  showFault(text) {
    if (text === "") this.control.clear?.();
    this.fault.textContent = text;
    this.fault.hidden = text === "";
    this.control.target.setAttribute("aria-invalid", String(text !== ""));
  }

  /** Take the focus; what is folded around the field opens. */
  focus() {
    for (let node = this.node; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (this.#fold) this.#fold.open = true;
    const { target, group, focus } = this.control;
    if (focus) focus();
    else (group ? target.querySelector("input") : target)?.focus();
  }

  #showRequired(isRequired) {
    if (this.#name.parentElement?.className === "visually-hidden") return;
    this.#mark.hidden = !isRequired;
    const { target, group } = this.control;
    if (!group) target.setAttribute("aria-required", String(isRequired));
  }
}

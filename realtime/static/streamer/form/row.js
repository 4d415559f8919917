/** One field of a form. */

import { h } from "../ground/dom.js";
import { limitHint } from "./checks.js";
import { makeControl } from "./controls.js";
import { faultAt, settle, startValue } from "./payload.js";

/** A label, a control, what there is to say about it, and what is wrong with it. */
export class FieldRow {
  /** `known`: the `sources` and the `datasets` to choose from. */
  constructor(field, known, within = "field") {
    const id = `${within}-${field.name}`;
    this.field = field;
    this.control = makeControl(field, id, known, (inner) => new FieldRow(inner, known, id));
    this.fault = h("p", { class: "fault", id: `${id}-fault`, "data-testid": `fault-${field.name}`, hidden: true });
    const hint = [field.description, limitHint(field)].filter(Boolean).join(" · ");
    const { target, node, group } = this.control;
    const name = [field.title, field.required ? h("span", { class: "required" }, "required") : null];
    const label = group
      ? h("span", { class: "field-label", id: `${id}-label` }, name)
      : h("label", { class: "field-label", for: id }, name);
    if (group) target.setAttribute("aria-labelledby", `${id}-label`);
    if (field.required && !group) target.setAttribute("aria-required", "true");
    target.setAttribute("aria-describedby", `${id}-hint ${id}-fault`);
    const about = h("p", { class: "hint", id: `${id}-hint`, hidden: hint === "" }, hint);
    const parts =
      field.kind === "switch" ? [h("div", { class: "switch-row" }, label, node), about] : [label, node, about];
    this.node = h("div", { class: "field", dataset: { testid: id, kind: field.kind } }, parts, this.fault);
  }

  get faulty() {
    return !this.fault.hidden || (this.control.isFaulty?.() ?? false);
  }

  write(payload) {
    this.control.write(startValue(this.field, payload));
  }

  /** Whether the form has a place for all of this value. */
  fits(value) {
    return this.control.fits?.(value) ?? true;
  }

  /** → `{value}`, `{}` to leave the field out, `{fault}`; `faulty` too when the fault lies in a field inside. */
  read(complain = false) {
    return settle(this.field, this.control.read(complain));
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

  focus() {
    const { target, group, focus } = this.control;
    if (focus) focus();
    else (group ? target.querySelector("input") : target).focus();
  }
}

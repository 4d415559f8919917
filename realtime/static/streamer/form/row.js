/** One field of a form. */

import { h } from "../ground/dom.js";
import { limitHint } from "./checks.js";
import { makeControl } from "./controls.js";

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
    const { name, hasDefault, default: standard } = this.field;
    this.control.write(name in payload ? payload[name] : hasDefault ? standard : undefined);
  }

  /** Whether the form has a place for all of this value. */
  fits(value) {
    return this.control.fits?.(value) ?? true;
  }

  /** → `{value}`, `{}` to leave the field out, `{fault}`; `faulty` too when the fault lies in a field inside. */
  read(complain = false) {
    const read = this.control.read(complain);
    if ("value" in read || read.fault) return read;
    const { required, nullable, hasDefault, default: standard, kind } = this.field;
    if (required) return nullable ? { value: null } : { fault: "This is required." };
    if (!hasDefault || standard === null) return {};
    // Emptied on purpose, although there is a default: leaving it out would bring the default back.
    if (nullable) return { value: null };
    return kind === "text" ? { value: "" } : {};
  }

  /** Show a fault of the server if it lies in this field. */
  take({ path, message }) {
    const [, name, inner] = /^([^.[]*)\.?(.*)$/.exec(path ?? "");
    if (name !== this.field.name) return false;
    if (inner && this.control.take?.({ path: inner, message })) return true;
    const text = inner ? `${inner}: ${message}` : message.charAt(0).toUpperCase() + message.slice(1);
    this.showFault(this.fault.hidden ? text : `${this.fault.textContent}; ${text}`);
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

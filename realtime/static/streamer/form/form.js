/** The form of one action, made from its schema, with a switch to write the payload as JSON instead. */

import { fill, h, icon } from "../ground/dom.js";
import { duration } from "../ground/format.js";
import { collect, everyFits } from "./payload.js";
import { FieldRow } from "./row.js";
import { describeFields } from "./schema.js";
import { readJson } from "./values.js";

export class PayloadForm {
  #action;
  #rows = [];
  #editor;
  #editorFault = h("p", { class: "fault", id: "payload-json-fault", "data-testid": "fault-json", hidden: true });
  #switch;
  #fieldset;
  #editorRow;
  #alert = h("div", { class: "alert", role: "alert", "data-testid": "form-fault", hidden: true });

  /** `onSend(payload)` is called with a payload that passed the checks; `onBack()` when another action is wanted. */
  constructor(root, action, { title, known, permitted, onSend, onBack }) {
    this.#action = action;
    this.#rows = describeFields(action.schema).map((field) => new FieldRow(field, known));
    this.#editor = h("textarea", {
      id: "payload-json",
      class: "input code",
      rows: "12",
      spellcheck: "false",
      "aria-describedby": "payload-json-fault",
      "data-testid": "json-editor",
    });
    this.#switch = h("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      "data-testid": "json-switch",
      on: { change: () => this.#flip() },
    });
    this.#fieldset = h(
      "div",
      { class: "fields" },
      this.#rows.length
        ? this.#rows.map((row) => row.node)
        : h("p", { class: "empty small" }, "This action takes no arguments."),
    );
    this.#editorRow = h(
      "div",
      { class: "field", hidden: true },
      h("label", { for: "payload-json", class: "field-label" }, "Payload"),
      this.#editor,
      this.#editorFault,
    );
    const send = (event) => {
      event.preventDefault();
      this.#send(onSend);
    };
    const quick = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && send(event);
    const form = h(
      "form",
      {
        class: "form",
        novalidate: true,
        dataset: { testid: "form", action: action.action },
        on: { submit: send, keydown: quick },
      },
      heading(action, title, permitted, onBack),
      this.#fieldset,
      this.#editorRow,
      this.#buttons(),
    );
    fill(root, form);
    this.write({});
  }

  get action() {
    return this.#action.action;
  }

  get #asJson() {
    return this.#switch.checked;
  }

  /** Show a payload; what it leaves out shows its default. Falls back to JSON when the form has no field for a part. */
  write(payload) {
    this.clearFaults();
    this.#rows.forEach((row) => row.write(payload));
    this.#editor.value = JSON.stringify(payload, null, 2);
    this.#switch.checked = this.#asJson ? true : !everyFits(this.#rows, payload);
    this.#arrange();
  }

  /** The payload as far as it can be read, faults or not: to come back to it later. */
  draft() {
    const read = this.#asJson ? readJson(this.#editor.value, "object") : collect(this.#rows);
    return read.value ?? null;
  }

  /** Show faults as the server names them, `[{path, message}]`, each at its field and the rest above the buttons. */
  showFaults(message, faults = []) {
    this.clearFaults();
    const rest = this.#asJson ? faults : faults.filter((fault) => !this.#rows.some((row) => row.take(fault)));
    const lines = rest.map((fault) =>
      h("li", {}, fault.path ? h("code", {}, fault.path) : null, fault.path ? " " : null, fault.message),
    );
    fill(this.#alert, icon("alert"), h("div", {}, h("p", {}, message), lines.length ? h("ul", {}, lines) : null));
    this.#alert.hidden = false;
    this.#focusFirstFault();
  }

  clearFaults() {
    this.#alert.hidden = true;
    this.#showEditorFault("");
    this.#rows.forEach((row) => row.showFault(""));
  }

  focus() {
    if (this.#asJson) this.#editor.focus();
    else this.#rows[0]?.focus();
  }

  #buttons() {
    return h(
      "footer",
      { class: "form-buttons" },
      this.#alert,
      h("button", { class: "button primary", type: "submit", "data-testid": "send" }, "Send", icon("send")),
      h("button", { class: "button quiet", type: "button", on: { click: () => this.write({}) } }, "Reset"),
      h("label", { class: "switch-label" }, "Edit as JSON", this.#switch),
    );
  }

  #send(onSend) {
    this.clearFaults();
    const { value, faulty } = this.#asJson ? this.#readEditor() : collect(this.#rows, { complain: true });
    if (faulty) this.#focusFirstFault();
    else onSend(value ?? {});
  }

  #readEditor() {
    const { value, fault } = readJson(this.#editor.value, "object");
    this.#showEditorFault(fault ?? "");
    return { value, faulty: Boolean(fault) };
  }

  #flip() {
    this.clearFaults();
    if (this.#asJson) {
      this.#editor.value = JSON.stringify(collect(this.#rows).value, null, 2);
    } else {
      const { value, faulty } = this.#readEditor();
      const strange = Object.keys(value ?? {}).filter((name) => !everyFits(this.#rows, { [name]: value[name] }));
      if (strange.length) this.#showEditorFault(`The form has no field for all of: ${strange.join(", ")}.`);
      if (faulty || strange.length) this.#switch.checked = true;
      else this.#rows.forEach((row) => row.write(value ?? {}));
    }
    this.#arrange();
  }

  #arrange() {
    this.#fieldset.hidden = this.#asJson;
    this.#editorRow.hidden = !this.#asJson;
  }

  #showEditorFault(text) {
    this.#editorFault.textContent = text;
    this.#editorFault.hidden = text === "";
    this.#editor.setAttribute("aria-invalid", String(text !== ""));
  }

  #focusFirstFault() {
    const first = this.#rows.find((row) => row.faulty);
    if (this.#asJson) this.#editor.focus();
    else if (first) first.focus();
  }
}

function heading(action, title, permitted, onBack) {
  const seconds = action.estimated_seconds;
  const facts = [
    h("code", {}, action.action),
    seconds ? h("span", {}, `about ${duration(seconds * 1000)}`) : null,
    action.queue ? h("span", {}, `queue ${action.queue}`) : null,
  ];
  const missing = permitted
    ? null
    : h(
        "p",
        { class: "alert soft" },
        icon("alert"),
        h("span", {}, "Your token does not carry the permission ", h("code", {}, action.permission), "."),
      );
  return h(
    "header",
    { class: "form-head" },
    h("button", { class: "button quiet back", type: "button", on: { click: onBack } }, icon("back"), "All actions"),
    h("h2", {}, title),
    action.description ? h("p", { class: "lead" }, action.description) : null,
    h("p", { class: "facts" }, facts),
    missing,
  );
}

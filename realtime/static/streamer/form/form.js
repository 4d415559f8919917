/** The form of one action, made from its schema, with a switch to write the payload as JSON instead. */

import { fill, h, icon, onSubmit } from "../ground/dom.js";
import { duration } from "../ground/format.js";
import { Sections } from "./controls/sections.js";
import { collect, everyFits, scopeOf } from "./payload.js";
import { Preview } from "./preview.js";
import { FieldRow } from "./row.js";
import { describeFields } from "./schema/fields.js";
import { TagField } from "./tag_field.js";
import { readJson } from "./values.js";

const MANY = 10;

export class PayloadForm {
  #action;
  #rows = [];
  #sections;
  #previews = [];
  #editor;
  #editorFault = h("p", { class: "fault", id: "payload-json-fault", "data-testid": "fault-json", hidden: true });
  #switch;
  #tags;
  #sending;
  #sendButtons = [];
  #fieldset;
  #editorRow;
  #alert = h("div", { class: "alert", role: "alert", "data-testid": "form-fault", hidden: true });

  /**
   * `onSend(payload, {tags, ids})` is called with what passed the checks, and resolves when the server has taken all of
   * it or refused it; `onBack()` is called when another action is wanted. `sending` knows what is on its way.
   */
  constructor(root, action, { title, known, permitted, sending, onSend, onBack }) {
    this.#action = action;
    this.#sending = sending;
    const preview = (row) => {
      const made = new Preview(row, known.run);
      this.#previews.push(made);
      return made.node;
    };
    this.#rows = describeFields(action.schema).map((field) => new FieldRow(field, { ...known, preview }));
    this.#sections = new Sections(this.#rows);
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
      this.#rows.length ? this.#sections.nodes : h("p", { class: "empty small" }, "This action needs no input."),
    );
    this.#editorRow = h(
      "div",
      { class: "field", hidden: true },
      h("label", { for: "payload-json", class: "field-label" }, "Payload"),
      this.#editor,
      this.#editorFault,
    );
    this.#tags = new TagField(known.tags);
    const form = h(
      "form",
      {
        class: "form",
        novalidate: true,
        dataset: { testid: "form", action: action.action },
        on: { ...onSubmit(() => this.#send(onSend)), input: () => this.#changed(), change: () => this.#changed() },
      },
      heading(action, { title, permitted, onBack, asJson: this.#switch }),
      this.#examples(),
      this.#fieldset,
      this.#editorRow,
      this.#tags.node,
      this.#buttons(() => this.#send(onSend, MANY)),
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
  write(payload, tags = []) {
    this.clearFaults();
    this.#tags.write(tags);
    this.#showFields(payload);
    this.#editor.value = JSON.stringify(payload, null, 2);
    this.#switch.checked = this.#asJson ? true : !everyFits(this.#rows, payload);
    this.#arrange();
  }

  /** → `{payload, tags}` as far as they can be read, faults or not: to come back to them later. */
  draft() {
    const read = this.#asJson ? readJson(this.#editor.value, "object") : collect(this.#rows);
    return { payload: read.value ?? {}, tags: this.#tags.chips };
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

  #showFields(payload) {
    this.#rows.forEach((row) => row.write(payload));
    this.#sections.unfold();
    this.#changed();
  }

  #changed() {
    this.showBusy();
    this.#sections.arrange(scopeOf(this.#rows));
    this.#previews = this.#previews.filter(({ node }) => !node.parentElement || this.#fieldset.contains(node));
    if (!this.#asJson) for (const preview of this.#previews) preview.update(this.#rows);
  }

  #examples() {
    const { examples = [] } = this.#action;
    if (examples.length === 0) return null;
    const show = ({ payload }) => {
      this.write(payload);
      this.focus();
    };
    const buttons = examples.map((example) =>
      h(
        "button",
        { class: "shortcut", type: "button", title: example.description, on: { click: () => show(example) } },
        example.title,
      ),
    );
    return h("div", { class: "shortcuts" }, h("span", { class: "hint" }, "Examples"), buttons);
  }

  #buttons(sendMany) {
    const many = {
      class: "button",
      type: "button",
      title: `Send ${MANY} requests like this in one message`,
      "data-testid": "send-many",
      on: { click: sendMany },
    };
    this.#sendButtons = [
      h("button", { class: "button primary", type: "submit", "data-testid": "send" }, "Send", icon("send")),
      h("button", many, `${MANY} at once`),
    ];
    const reset = () => this.write({});
    return h(
      "footer",
      { class: "form-buttons" },
      this.#alert,
      this.#sendButtons,
      h("button", { class: "button quiet reset", type: "button", on: { click: reset } }, "Reset"),
    );
  }

  async #send(onSend, times = 1) {
    this.clearFaults();
    const { value = {}, faulty } = this.#asJson ? this.#readEditor() : collect(this.#rows, { complain: true });
    const { tags, fault } = this.#tags.read();
    if (faulty || fault) return this.#focusFirstFault();
    const content = [this.action, value, tags];
    const ids = this.#sending.begin(content, times);
    if (!ids) return;
    this.showBusy();
    await onSend(value, { tags, ids });
    this.#sending.end(content, times);
    this.showBusy();
  }

  /** What is on its way is not sent again; what somebody has changed since may be. */
  showBusy() {
    const { payload, tags } = this.#sending.isBusy ? this.draft() : {};
    const isBusy = (times) => this.#sending.isBusy && this.#sending.has([this.action, payload, tags], times);
    this.#sendButtons.forEach((button, at) => button.setAttribute("aria-disabled", String(isBusy(at ? MANY : 1))));
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
      else this.#showFields(value ?? {});
    }
    this.#arrange();
    this.#changed();
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
    else (first ?? this.#tags).focus();
  }
}

function heading(action, { title, permitted, onBack, asJson }) {
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
        h("span", {}, "You do not have the permission ", h("code", {}, action.permission), "."),
      );
  return h(
    "header",
    { class: "form-head" },
    h("button", { class: "button quiet back", type: "button", on: { click: onBack } }, icon("back"), "All actions"),
    h("h2", {}, title),
    action.description ? h("p", { class: "lead" }, action.description) : null,
    h(
      "div",
      { class: "form-facts" },
      h("p", { class: "facts" }, facts),
      h("label", { class: "switch-label" }, "Edit as JSON", asJson),
    ),
    missing,
  );
}

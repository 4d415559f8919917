/** A field for a frame of one's own: whatever JSON object it has is sent as it is. */

import { readJson } from "../form/values.js";
import { h, icon, onSubmit, setText } from "../ground/dom.js";
import { STARTS, startText } from "./starts.js";

export class RawFrame {
  #editor;
  #fault = h("p", { class: "fault", id: "raw-fault", role: "alert", "data-testid": "raw-fault", hidden: true });
  #start;
  node;

  /** `onSend(message)` returns whether there was a connection to send it on. */
  constructor(onSend) {
    this.#editor = h("textarea", {
      id: "raw-frame",
      class: "input code",
      rows: "5",
      spellcheck: "false",
      autocomplete: "off",
      placeholder: '{"type": "ping"}',
      "aria-describedby": "raw-fault",
      "data-testid": "raw-frame",
      on: { input: () => this.#complain("") },
    });
    this.#start = h(
      "select",
      { class: "input", "aria-label": "Start from a message", on: { change: () => this.#fillIn() } },
      h("option", { value: "" }, "Start from…"),
      STARTS.map(({ type }) => h("option", { value: type }, type)),
    );
    this.node = h(
      "form",
      { class: "raw", novalidate: true, on: onSubmit(() => this.#send(onSend)) },
      h(
        "div",
        { class: "raw-head" },
        h("label", { class: "field-label", for: "raw-frame" }, "Send a message"),
        this.#start,
      ),
      this.#editor,
      this.#fault,
      h(
        "div",
        { class: "raw-buttons" },
        h("button", { class: "button small primary", type: "submit", "data-testid": "raw-send" }, "Send", icon("send")),
        h("span", { class: "quiet" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")),
      ),
    );
  }

  clear() {
    this.#editor.value = "";
    this.#complain("");
  }

  #fillIn() {
    this.#editor.value = startText(this.#start.value);
    this.#start.value = "";
    this.#complain("");
    this.#editor.focus();
  }

  #send(onSend) {
    const { value, fault } = readJson(this.#editor.value, "object");
    if (fault || !value) this.#complain(fault ?? "Write a JSON object: { … }.");
    else this.#complain(onSend(value) ? "" : "There is no connection. It was not sent.");
    this.#editor.focus();
  }

  #complain(text) {
    setText(this.#fault, text);
    this.#fault.hidden = text === "";
    this.#editor.setAttribute("aria-invalid", String(text !== ""));
  }
}

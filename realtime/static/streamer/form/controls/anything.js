/** A text, or whatever it says as JSON, which is offered where it says something. */

import { h } from "../../ground/dom.js";
import { offerOf, readAnything, sentAs, showAnything } from "../anything.js";
import { labelled } from "./choice.js";

const LONG = 60;

export function anything(field, id) {
  const { accepts } = field;
  let choice = "";
  const input = h("textarea", {
    id,
    class: "input one-line",
    rows: "1",
    spellcheck: "false",
    autocomplete: "off",
    placeholder: field.placeholder,
  });
  const [asText, asJson] = ["text", "json"].map((value) => h("input", { type: "radio", name: `${id}-as`, value }));
  const labels = labelled([asText, asJson], ["Text", ""]);
  const jsonLabel = labels[1].lastChild;
  const offer = h("div", { class: "segments small", role: "radiogroup", "aria-label": "Sent as" }, labels);
  const draw = () => {
    const found = offerOf(input.value, accepts);
    offer.hidden = !found && choice !== "json";
    jsonLabel.textContent = found?.label ?? "JSON";
    const sent = sentAs({ text: input.value, choice }, accepts);
    asText.checked = sent === "text";
    asJson.checked = sent === "json";
    input.classList.toggle("code", sent === "json" && found !== null && typeof found.value === "object");
    input.rows = Math.min(12, Math.max(input.value.length > LONG ? 3 : 1, input.value.split("\n").length));
  };
  input.addEventListener("input", () => {
    if (input.value === "") choice = "";
    draw();
  });
  offer.addEventListener("change", () => {
    choice = asJson.checked ? "json" : "text";
    draw();
  });
  return {
    node: h("div", { class: "anything" }, input, offer),
    target: input,
    read: () => readAnything({ text: input.value, choice }, accepts),
    write(value) {
      // Where null is the default, or no value that the field takes, it stands for nothing given.
      const isNothing = value === null && (accepts !== null || field.default === null);
      const shown = showAnything(isNothing ? undefined : value);
      input.value = shown.text;
      choice = shown.choice;
      draw();
    },
  };
}

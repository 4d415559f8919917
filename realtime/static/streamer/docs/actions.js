/** The section of actions: what a request can ask for, with its payload and its result. */

import { h } from "../ground/dom.js";
import { duration } from "../ground/format.js";
import { badge, block, entry } from "./entries.js";
import { prose } from "./prose.js";
import { schemaView } from "./schema.js";

export function actionSection(http) {
  const components = http.components.schemas;
  const entries = Object.entries(http["x-actions"]).map(([name, action]) => {
    const head = [h("h3", { class: "path" }, name), h("span", { class: "summary" }, action.description)];
    if (action.permission) head.push(badge(action.permission));
    return entry(`action-${name}`, head, `${name} ${action.description} ${action.permission ?? ""}`, () => [
      h("p", { class: "quiet" }, facts(action)),
      block("Payload", schemaView(action.payload, components)),
      block(
        "Result",
        action.result
          ? schemaView(action.result, components)
          : h("p", { class: "quiet" }, "Its handler does not say what the result looks like."),
      ),
    ]);
  });
  return h(
    "div",
    {},
    h("p", { class: "quiet" }, prose("A result above 64 KiB arrives as the description of a file.")),
    entries.length ? entries : h("p", { class: "quiet" }, "Your token may do no action here."),
  );
}

function facts(action) {
  const permission = action.permission
    ? ["Needs the permission ", h("code", {}, action.permission), ". "]
    : ["Needs no permission. "];
  return [...permission, `A run usually takes about ${duration(action.estimated_seconds * 1000)}.`];
}

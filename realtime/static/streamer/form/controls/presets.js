/** Buttons that set the first and the last day of a period. */

import { h } from "../../ground/dom.js";
import { presets } from "../periods.js";

/** `begin` and `end` are the rows of the two days. */
export function presetsFor(begin, end) {
  const set = ({ first, last }, button) => {
    begin.control.write(first);
    end.control.write(last);
    for (const row of [begin, end]) row.showFault("");
    button.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const buttons = presets().map((preset) =>
    h(
      "button",
      { class: "shortcut", type: "button", on: { click: (event) => set(preset, event.currentTarget) } },
      preset.label,
    ),
  );
  return h("div", { class: "shortcuts", role: "group", "aria-label": "Periods to choose from" }, buttons);
}

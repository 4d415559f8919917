/** An object of names and values that a person makes up, such as a filter for each of some columns. */

import { fill, h, icon } from "../../ground/dom.js";
import { checkCount } from "../checks.js";
import { columns } from "./pickers.js";
import { typed } from "./text.js";

const MOST_ENTRIES = 200;
const TEXT = { kind: "text", limits: {} };

/** `makeRow(field, options)` makes the row of a value. */
export function mapEditor(field, id, makeRow, known) {
  const item = field.item();
  const word = field.keys === "column" ? "Column" : "Name";
  const list = h("ol", { class: "entries pairs" });
  const add = h("button", { class: "button small", type: "button", id: `${id}-add` }, "Add");
  const node = h("div", { id, class: "list-editor", role: "group" }, list, add);
  let entries = [];
  let made = 0;

  const draw = () => {
    list.hidden = entries.length === 0;
    add.textContent = entries.length ? "Add another" : "Add one";
    add.setAttribute("aria-label", `${add.textContent} to ${field.title.toLowerCase()}`);
    add.hidden = entries.length >= (field.limits.maxProperties ?? Infinity);
  };
  const told = () => node.dispatchEvent(new Event("input", { bubbles: true }));
  const append = (name = "", value = undefined) => {
    const number = made++;
    const input = h("input", {
      id: `${id}-${number}-name`,
      class: "input",
      type: "text",
      placeholder: word,
      "aria-label": `${word} of ${field.title.toLowerCase()}`,
      spellcheck: "false",
      autocomplete: "off",
    });
    const plain = typed(TEXT, input);
    const key = field.keys === "column" ? columns(plain, input.id, known) : plain;
    key.write(name);
    const row = makeRow(
      { ...item, name: String(number), title: `Value of ${field.title.toLowerCase()}` },
      { isEntry: true },
    );
    row.write(value === undefined ? {} : { [row.field.name]: value });
    const entry = { key, row, node: null };
    const remove = h(
      "button",
      {
        class: "button quiet square",
        type: "button",
        "aria-label": "Remove",
        title: "Remove",
        on: { click: () => drop(entry) },
      },
      icon("close"),
    );
    entry.node = h("li", { class: "entry" }, h("div", { class: "pair" }, key.node, row.node), remove);
    entries.push(entry);
    list.append(entry.node);
    draw();
    return entry;
  };
  const drop = (entry) => {
    entries = entries.filter((one) => one !== entry);
    entry.node.remove();
    draw();
    told();
    add.focus();
  };
  add.addEventListener("click", () => {
    const entry = append();
    told();
    entry.key.target.focus();
  });

  return {
    node,
    target: node,
    group: true,
    arrange: (scope, isUsed) => entries.forEach(({ row }) => row.arrange(scope, isUsed)),
    isFaulty: () => entries.some(({ row }) => row.faulty),
    read(complain) {
      const pairs = [];
      let faulty = false;
      for (const { key, row } of entries) {
        const name = key.target.value;
        const read = row.control.read(complain);
        const isBlank = !("value" in read) && !read.fault && !read.faulty;
        if (name === "" && isBlank) continue;
        const twice = pairs.some(([other]) => other === name);
        const fault =
          read.fault ??
          (name === ""
            ? `${word}: this is required.`
            : twice
              ? `“${name}” is there twice.`
              : isBlank
                ? "A value is missing."
                : "");
        if (fault && complain) row.showFault(fault);
        if (fault || read.faulty) faulty = true;
        if ("value" in read) pairs.push([name, read.value]);
      }
      const value = Object.fromEntries(pairs);
      if (faulty) return { value, faulty };
      if (pairs.length === 0) return {};
      const fault = checkCount(pairs.length, field.limits);
      return fault ? { fault } : { value };
    },
    write(value) {
      entries = [];
      made = 0;
      fill(list);
      for (const [name, one] of Object.entries(value ?? {})) append(name, one);
      if (entries.length === 0 && field.required) append();
      draw();
    },
    take(fault) {
      const named = ({ key: { target } }) => fault.path === target.value || isWithin(fault.path, target.value);
      const entry = entries.filter(named).sort((a, b) => b.key.target.value.length - a.key.target.value.length)[0];
      if (!entry) return false;
      const inner = fault.path.slice(entry.key.target.value.length).replace(/^\./, "");
      if (!(inner && entry.row.control.take?.({ ...fault, path: inner }))) entry.row.showFault(fault.message);
      return true;
    },
    fits(value) {
      if (value === undefined || value === null) return true;
      if (typeof value !== "object" || Array.isArray(value) || Object.keys(value).length > MOST_ENTRIES) return false;
      const probe = makeRow({ ...item, name: "probe" }, { isEntry: true });
      return Object.values(value).every((one) => probe.fits(one));
    },
    clear: () => entries.forEach(({ row }) => row.showFault("")),
    focus: () => (entries[0]?.key.target ?? add).focus(),
  };
}

function isWithin(path, name) {
  return name !== "" && path.startsWith(name) && /^[.[]/.test(path.slice(name.length));
}

/** The sections of messages, one for each direction, and the tables of codes. */

import { h } from "../ground/dom.js";
import { badge, block, entry, example } from "./entries.js";
import { prose } from "./prose.js";
import { schemaView } from "./schema.js";

/** → `[{id, title, nodes}]` */
export function messageSections(socket) {
  const operations = Object.entries(socket.operations);
  const received = operations.filter(([, operation]) => operation.action === "receive");
  const asked = received.flatMap(([, operation]) => operation.messages.map(nameOf));
  const sent = Object.keys(socket.components.messages).filter((name) => !asked.includes(name));
  const replies = new Map(
    received.map(([, operation]) => [nameOf(operation.messages[0]), operation.reply?.messages ?? []]),
  );
  return [
    { id: "client-messages", title: "Messages you send", nodes: asked.map((name) => message(name, socket, replies)) },
    { id: "server-messages", title: "Messages you get", nodes: sent.map((name) => message(name, socket, replies)) },
  ];
}

/** A table of codes. `row` makes the cells of one, of which the first is its name. */
export function codeTable(codes, row, titles) {
  const head = h(
    "tr",
    {},
    titles.map((title) => h("th", { scope: "col" }, title)),
  );
  const rows = codes.map((one) => {
    const [name, ...cells] = row(one);
    const id = typeof one.code === "string" ? `error-${one.code}` : `close-${one.code}`;
    return h(
      "tr",
      { id },
      h("th", { scope: "row" }, h("code", {}, name)),
      cells.map((cell, place) => h("td", { "data-title": titles[place + 1] }, prose(cell))),
    );
  });
  return h("table", { class: "codes" }, h("thead", {}, head), h("tbody", {}, rows));
}

function message(name, socket, replies) {
  const one = socket.components.messages[name];
  const head = [h("h3", { class: "path" }, one.name), h("span", { class: "summary" }, prose(one.summary))];
  if (one.name !== name.toLowerCase()) head.push(badge(name));
  const answers = replies.get(name) ?? [];
  return entry(`message-${name}`, head, `${name} ${one.name} ${one.summary}`, () => [
    block("Fields", schemaView(one.payload, socket.components.schemas)),
    ...one.examples.map(({ payload }) => block("Example", example(payload))),
    ...(answers.length ? [block("Answered by", h("p", {}, links(answers.map(nameOf), socket)))] : []),
  ]);
}

function links(names, socket) {
  return names.map((name, place) => [
    place ? ", " : "",
    h(
      "a",
      { href: `#message-${name}` },
      socket.components.messages[name].name === name.toLowerCase()
        ? name.toLowerCase()
        : `${socket.components.messages[name].name} (${name})`,
    ),
  ]);
}

function nameOf(reference) {
  return reference.$ref.split("/").at(-1);
}

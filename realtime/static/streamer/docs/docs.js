/** The page about the interfaces: it fetches both documents of this installation and shows them. */

import { fill, h } from "../ground/dom.js";
import { count } from "../ground/format.js";
import { Session } from "../session/session.js";
import { actionSection } from "./actions.js";
import { endpointSections } from "./endpoints.js";
import { codeTable, messageSections } from "./messages.js";
import { paragraphs } from "./prose.js";

const session = new Session();
const content = document.getElementById("content");
const contents = document.getElementById("contents");

start();

async function start() {
  try {
    const [http, socket] = await Promise.all([read("openapi.json"), read("asyncapi.json")]);
    show(http, socket);
  } catch (error) {
    if (error.status === 401) askForToken(session.active ? "This token is not accepted." : "");
    else fill(content, h("p", { class: "docs-note bad", role: "alert" }, error.message));
  }
}

/** One of the documents. Throws an Error with `status`. */
async function read(name) {
  const token = await session.fresh().catch(() => null);
  const url = document.querySelector(`[data-document="${name}"]`).href;
  const response = await fetch(url, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    cache: "no-store",
  }).catch(() => null);
  if (response?.ok) return response.json();
  const answer = await response?.json().catch(() => null);
  const error = new Error(answer?.error?.message ?? "The server cannot be reached.");
  error.status = response?.status ?? 0;
  throw error;
}

function askForToken(fault) {
  const input = h("textarea", { class: "input code", id: "token", rows: 4, required: true, spellcheck: "false" });
  const note = h("p", { class: "docs-note bad", role: "alert", hidden: !fault }, fault);
  const submit = (event) => {
    event.preventDefault();
    try {
      session.paste(input.value);
      start();
    } catch (error) {
      note.hidden = false;
      note.textContent = error.message;
    }
  };
  const form = h(
    "form",
    { class: "docs-token", on: { submit }, dataset: { testid: "token-form" } },
    h("h2", {}, "A token, please"),
    h("p", {}, "This installation describes its API to people with a token, and to staff who signed in to the admin."),
    h("label", { for: "token" }, "Token"),
    input,
    note,
    h("button", { class: "button primary", type: "submit" }, "Show the API"),
  );
  fill(content, form);
}

function show(http, socket) {
  const parts = [
    part("overview", "Overview", [h("div", { class: "prose" }, paragraphs(http.info.description), connecting(socket))]),
    part("endpoints", "HTTP endpoints", endpointSections(http)),
    part("actions", "Actions", [actionSection(http)]),
    ...messageSections(socket).map(({ id, title, nodes }) => part(id, title, nodes)),
    part("error-codes", "Error codes", [
      codeTable(http["x-error-codes"], errorRow, ["Code", "HTTP", "Again?", "Meaning"]),
    ]),
    part("close-codes", "Close codes", [
      codeTable(socket["x-close-codes"], closeRow, ["Code", "Name", "Again?", "Meaning"]),
    ]),
  ];
  fill(
    content,
    search(),
    parts.map(({ node }) => node),
  );
  const links = parts.map(({ id, title, node }) =>
    h("li", {}, h("a", { href: `#${id}` }, title), h("span", { class: "count" }, countOf(node))),
  );
  fill(contents, h("ul", {}, links));
  contents.hidden = false;
  document.body.dataset.ready = "true";
  if (location.hash) open(location.hash.slice(1));
  addEventListener("hashchange", () => open(location.hash.slice(1)));
}

function countOf(node) {
  const entries = node.querySelectorAll("details.entry, tbody tr").length;
  return entries ? count(entries) : "";
}

function part(id, title, nodes) {
  const heading = h("h2", { id: `${id}-title` }, title);
  return { id, title, node: h("section", { id, class: "part", "aria-labelledby": `${id}-title` }, heading, nodes) };
}

function connecting(socket) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const address = `${scheme}://${location.host}${socket.channels.socket.address}`;
  return h("p", {}, "The socket of this server is ", h("code", {}, address), ".");
}

/** A field that hides every entry without its words. */
function search() {
  const narrow = (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of content.querySelectorAll("details.entry, tbody tr")) {
      const text = (entry.dataset.words ?? entry.textContent).toLowerCase();
      entry.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of content.querySelectorAll(".part, .group")) {
      const entries = [...group.querySelectorAll("details.entry, tbody tr")];
      group.hidden = words.length > 0 && entries.every((entry) => entry.hidden);
    }
  };
  const input = h("input", {
    class: "input",
    type: "search",
    placeholder: "Find an endpoint, an action, a message or a code",
    "aria-label": "Find",
    dataset: { testid: "find" },
    on: { input: narrow },
  });
  return h("div", { class: "docs-find" }, input);
}

function open(id) {
  const entry = document.getElementById(decodeURIComponent(id));
  if (entry?.matches("details")) entry.open = true;
  entry?.scrollIntoView();
}

function errorRow(one) {
  const again = one.retryable === null ? "as the error says" : one.retryable ? "yes" : "no";
  return [one.code, String(one.http_status), again, one.description];
}

function closeRow(one) {
  return [String(one.code), one.name, one.reconnect ? "yes" : "no", one.description];
}

/** The console: puts the parts together. */

import { Catalog } from "./actions/catalog.js";
import { Client } from "./connection/client.js";
import { Feed } from "./connection/feed.js";
import { ConnectionView } from "./connection/indicator.js";
import { StreamSocket } from "./connection/socket.js";
import { DatasetPane } from "./datasets/pane.js";
import { Detail } from "./detail/panel.js";
import { artifactsOf } from "./files/artifacts.js";
import { Expiring } from "./files/expiring.js";
import { Composer } from "./form/composer.js";
import { Api } from "./ground/api.js";
import { h, icon, setText } from "./ground/dom.js";
import { STATUS_LABELS } from "./ground/format.js";
import { RequestList } from "./requests/list.js";
import { RequestStore } from "./requests/store.js";
import { Session } from "./session/session.js";
import { SignIn } from "./session/signin.js";

const NOTICE_MS = 8000;
const byId = (id) => document.getElementById(id);
const main = byId("main");
// Where the window is wide, the form and the requests are one section.
const wide = matchMedia("(min-width: 800px)");

const session = new Session();
const api = new Api(session);
const catalog = new Catalog(api);
const store = new RequestStore();
const socket = new StreamSocket(socketUrl(), session);
const client = new Client(socket, store, session);
const feed = new Feed(socket, store);

const signIn = new SignIn(byId("signin"), session);
const connection = new ConnectionView(byId("connection"), byId("banner"), socket, announce);
const datasetPane = new DatasetPane(byId("datasets"), { api, session, onUse: process, announce });
const composer = new Composer({
  main,
  list: byId("actions"),
  form: byId("composer"),
  catalog,
  session,
  datasets: datasetPane.datasets,
  onSend: send,
});
const detail = new Detail(byId("detail"), {
  api,
  store,
  catalog,
  client,
  onReuse: reuse,
  onAgain: again,
  onFind: find,
  onPredict: predict,
});
const expiring = new Expiring(feed, store, { onKeep: keep, onFind: find });
const requestList = new RequestList(byId("requests"), {
  client,
  store,
  feed,
  catalog,
  expiring: expiring.node,
  onOpen: (record) => detail.open(record),
  onCancel: (record) => client.cancel(record),
  onAgain: again,
});

session.addEventListener("begin", enter);
session.addEventListener("end", (event) => leave(event.detail.reason));
client.addEventListener("open", () => catalog.actions.length === 0 && composer.load());
client.addEventListener("notice", (event) => notify(event.detail));
client.addEventListener("refused", (event) => refused(event.detail));
feed.addEventListener("live", (event) => client.follow(event.detail));
feed.addEventListener("touched", (event) => refresh(event.detail));
store.addEventListener("final", (event) =>
  announce(`${catalog.titleOf(event.detail.action)}: ${STATUS_LABELS[event.detail.status]}`),
);
store.addEventListener("change", countLive);
store.addEventListener("remove", countLive);
socket.addEventListener("state", () => {
  requestList.tick({ whole: true });
  detail.tick();
});
window.addEventListener("online", () => socket.state === "waiting" && socket.start());
document.addEventListener("keydown", shortcut);
byId("signout").addEventListener("click", () => session.end());
for (const tab of document.querySelectorAll(".tab[data-pane]"))
  tab.addEventListener("click", () => showPane(tab.dataset.pane));
wide.addEventListener("change", () => showPane(main.dataset.pane));
setInterval(tick, 1000);

if (session.active) enter();
else leave();

async function enter() {
  const { sub, tenant_id: tenant } = session.claims;
  signIn.hide();
  byId("console").hidden = false;
  document.body.dataset.screen = "console";
  setText(byId("who"), tenant ? `${sub} at ${tenant}` : sub);
  byId("who").title = "User and tenant of the token";
  showPane("composer");
  // The titles of the actions are wanted before the first card is drawn.
  await composer.load();
  if (session.active) socket.start();
}

function leave(reason = "") {
  socket.stop();
  client.reset();
  feed.reset();
  requestList.clear();
  expiring.clear();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  composer.clear();
  datasetPane.clear();
  countLive();
  byId("console").hidden = true;
  document.body.dataset.screen = "signin";
  signIn.show(reason);
}

function send(action, payload) {
  client.submit(action, payload);
  announce(`${catalog.titleOf(action)}: sent`);
  showPane("requests");
}

function refused({ record, error }) {
  const faulty = error.code === "VALIDATION_ERROR";
  // What was done again came from no form.
  if (record.again || !composer.showRefusal(record, error) || !faulty) return;
  // Its faults stand in the form, to be put right there: a failed card beside it would say it twice.
  store.remove(record);
  showPane("composer");
}

function reuse(record) {
  detail.close();
  showPane("composer");
  if (!composer.pick(record.action, record.payload))
    notify(`The server no longer offers the action “${record.action}”.`);
}

/** Have a finished request done again, and show how it goes. */
function again(record) {
  const fresh = client.regenerate(record);
  announce(`${catalog.titleOf(record.action)}: sent again`);
  if (detail.shows(record)) detail.open(fresh);
}

/** Show a request that may not be on this page. */
async function find(requestId) {
  try {
    detail.open(store.get(requestId) ?? store.absorb(await api.request(requestId)));
  } catch (error) {
    if (session.active) notify(error.status === 404 ? "That request is no longer there." : error.message);
  }
}

/** Open the form that puts a dataset through a pipeline. */
function process(dataset) {
  showPane("composer");
  const payload = { data_source: { type: "dataset", dataset_id: dataset.name } };
  if (!composer.pick("process_data", payload)) notify("The server does not offer process_data to you.");
}

/** Open the form that puts rows through a model. */
function predict(artifactId) {
  detail.close();
  showPane("composer");
  composer.pick("predict", { model: artifactId });
}

async function keep(notice, days) {
  store.keepFile(await client.extend(notice.artifact_id, days));
}

/** Something about an ended request is new: until when its files are kept. */
async function refresh(record) {
  if (artifactsOf(record).length === 0) return;
  try {
    const { artifacts } = await api.request(record.requestId);
    artifacts.forEach((file) => store.keepFile(file));
  } catch {
    // What is shown may be a little old; opening the request asks again.
  }
}

/** Datasets have a section of their own. Where the window is narrow, so have the form and the requests. */
function showPane(pane) {
  main.dataset.pane = pane;
  const pressed = wide.matches && pane === "composer" ? "requests" : pane;
  for (const tab of document.querySelectorAll(".tab[data-pane]"))
    tab.setAttribute("aria-pressed", String(tab.dataset.pane === pressed));
  if (pane === "datasets") datasetPane.show();
}

function countLive() {
  const live = store.live().length;
  byId("live-count").hidden = live === 0;
  setText(byId("live-count"), String(live));
  document.title = live ? `(${live}) Streamer console` : "Streamer console";
}

function shortcut(event) {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || !session.active) return;
  event.preventDefault();
  showPane("composer");
  main.dataset.step = "actions";
  composer.list.focusSearch();
}

function tick() {
  connection.tick();
  expiring.tick();
  requestList.tick();
  detail.tick();
}

function announce(text) {
  setText(byId("announcer"), text);
}

function notify(text) {
  const close = () => notice.remove();
  const notice = h(
    "div",
    { class: "notice", "data-testid": "notice" },
    icon("alert"),
    h("p", {}, text),
    h(
      "button",
      { class: "button quiet square", type: "button", "aria-label": "Dismiss", on: { click: close } },
      icon("close"),
    ),
  );
  byId("notices").append(notice);
  setTimeout(close, NOTICE_MS);
}

function socketUrl() {
  const url = new URL("ws/", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** The console: puts the parts together. */

import { Catalog } from "./actions/catalog.js";
import { Addresses } from "./address/addresses.js";
import { Client } from "./client/streamer-client.js";
import { isTokenRefused, reasonOf } from "./connection/banner.js";
import { Feed } from "./connection/feed.js";
import { ConnectionView } from "./connection/indicator.js";
import { Link } from "./connection/link.js";
import { expiryOf, newsOf } from "./connection/news.js";
import { DatasetPane } from "./datasets/pane.js";
import { Detail } from "./detail/panel.js";
import { Expiring } from "./files/expiring.js";
import { Composer } from "./form/composer.js";
import { Api } from "./ground/api.js";
import { learn } from "./ground/clock.js";
import { setText } from "./ground/dom.js";
import { statusText } from "./ground/format.js";
import { Answers } from "./keeping/answers.js";
import { Drafts } from "./keeping/drafts.js";
import { Kept, ownerOf } from "./keeping/kept.js";
import { Unsent } from "./keeping/unsent.js";
import { session, signIn } from "./pages/sign_in.js";
import { RequestList } from "./requests/list.js";
import { nameOf } from "./requests/record.js";
import { Requests } from "./requests/requests.js";
import { RequestStore } from "./requests/store.js";
import { knownTags } from "./requests/tags.js";
import { copyLink, copyLinkButton } from "./shell/copy_link.js";
import { Help } from "./shell/help.js";
import { keyActions } from "./shell/key_actions.js";
import { listenForKeys } from "./shell/keys.js";
import { notify } from "./shell/notice.js";
import { Notifier } from "./shell/notifier.js";
import { panesOf } from "./shell/panes.js";
import { placesOf } from "./shell/places.js";
import { Steering } from "./shell/steering.js";
import { Tab } from "./shell/tab.js";
import { watchTyping } from "./shell/typing.js";
import { FrameLog } from "./wire/frames.js";
import { LateInspector } from "./wire/late_inspector.js";

const byId = (id) => document.getElementById(id);
const main = byId("main");
const panes = panesOf({ main, onPress: goTo, onDatasets: () => datasetPane.show() });

const api = new Api(session);
const catalog = new Catalog(api);
const store = new RequestStore();
const client = new Client(document.baseURI, { token: (wish) => session.token(wish) });
const link = new Link(client);
const requests = new Requests(client, store);
const feed = new Feed(client, store);
const steering = new Steering({ api, session, catalog, store, requests, goTo, showPane: panes.show, announce, say });
const schemaOf = (action) => catalog.find(action)?.schema;
const titleOf = (record) => nameOf(record, catalog);
const notifier = new Notifier({ titleOf, onOpen: (record) => detail.open(record) });

const [keptDrafts, keptUnsent] = ["drafts", "unsent"].map((name) => new Kept(() => sessionStorage, name));
const keptAnswers = new Kept(() => localStorage, "answers");
const allKept = [keptDrafts, keptAnswers, keptUnsent];
const answers = new Answers(keptAnswers, store, schemaOf);
const unsent = new Unsent(keptUnsent, store, schemaOf);
const connection = new ConnectionView(byId("connection"), byId("banner"), link, announce);
const inspector = new LateInspector(byId("wire"), byId("wire-toggle"), new FrameLog(client), {
  onSend: (message) => client.send(message),
  onFailure: say,
});
const moved = () => addresses.changed();
const datasetPane = new DatasetPane(byId("datasets"), {
  api,
  session,
  onUse: steering.process,
  onMove: moved,
  linkTo: (dataset) => addresses.linkTo({ section: "datasets", dataset }),
  announce,
});
const composer = new Composer({
  main,
  list: byId("actions"),
  form: byId("composer"),
  foot: copyLinkButton(() => linkToForm()),
  catalog,
  session,
  datasets: datasetPane.datasets,
  drafts: new Drafts(keptDrafts, schemaOf),
  tags: () => knownTags(store.all()),
  records: () => store.all(),
  run: (action, payload) => api.run(action, payload),
  onSend: steering.send,
  onMove: moved,
});
const detail = new Detail(byId("detail"), {
  api,
  store,
  catalog,
  requests,
  link,
  notifier,
  onReuse: steering.reuse,
  onAgain: steering.again,
  onFind: steering.find,
  onPredict: steering.predict,
  onTag: steering.showTag,
  onMove: moved,
  linkTo: (record) => addresses.linkTo({ section: "requests", request: record.requestId }),
});
const expiring = new Expiring(feed, store, { onKeep: steering.keep, onFind: steering.find });
const requestList = new RequestList(byId("requests"), {
  requests,
  link,
  store,
  feed,
  catalog,
  expiring: expiring.node,
  onOpen: (record) => detail.open(record),
  onCancel: (record) => requests.cancel(record),
  onAgain: steering.again,
  onEdit: steering.reuse,
  onTag: steering.showTag,
  onFilter: ({ isTyping }) => addresses.changed({ replace: isTyping }),
  onSought: (requestId) => steering.fetch(requestId).catch(() => {}),
  onNew: () => keys.new(),
});
const places = placesOf({
  main,
  catalog,
  composer,
  detail,
  requestList,
  datasetPane,
  showPane: panes.show,
  find: steering.find,
  isWide: panes.isWide,
});
steering.parts = { composer, detail, requestList };
const addresses = new Addresses({ read: places.here, show: places.show });
const help = new Help(notifier);
const tab = new Tab(store, titleOf);
const keys = keyActions({
  main,
  composer,
  detail,
  requestList,
  inspectorToggle: byId("wire-toggle"),
  help,
  showPane: goTo,
  onAgain: steering.again,
  onEdit: steering.reuse,
  onCancel: (record) => requests.cancel(record),
  onCopy: () => copyLink(location.href).then(() => say("The link is copied.", { isGood: true })),
});

session.addEventListener("begin", enter);
session.addEventListener("end", (event) => leave(event.detail));
client.addEventListener("state", changed);
client.addEventListener("frame", (event) => heard(event.detail));
client.addEventListener("notice", (event) => say(newsOf(event.detail)));
link.addEventListener("change", drawLink);
requests.addEventListener("notice", (event) => say(event.detail));
requests.addEventListener("refused", (event) => steering.refused(event.detail));
feed.addEventListener("live", (event) => requests.follow(event.detail));
feed.addEventListener("touched", (event) => steering.refresh(event.detail));
store.addEventListener("final", (event) => ended(event.detail));
store.addEventListener("change", countLive);
store.addEventListener("remove", countLive);
byId("signout").addEventListener("click", () => session.signOut());
byId("who").before(help.button());
document.querySelector(".skip").addEventListener("click", skip);
watchTyping(byId("composer"), keepTyped);
listenForKeys(keys, () => session.active);
setInterval(tick, 1000);

// The page asks who is not signed in. Their form must not be emptied while they type.
if (session.active) enter();

async function enter() {
  const { sub, tenant_id: tenant } = session.claims;
  signIn.hide();
  byId("console").hidden = false;
  document.body.dataset.screen = "console";
  setText(byId("who"), tenant ? `${sub} at ${tenant}` : sub);
  byId("who").title = "Signed in as: user and tenant";
  for (const kept of allKept) kept.begin(ownerOf(session.claims));
  panes.show("composer");
  // The titles of the actions are wanted before the first card is drawn.
  await loadCatalog();
  if (!session.active) return;
  answers.restore();
  steering.resume(unsent.restore());
  client.start();
}

/** What the address says may be the form of an action. */
async function loadCatalog() {
  await composer.load();
  if (session.active) addresses.begin();
}

function changed() {
  if (client.state === "open" && catalog.actions.length === 0) loadCatalog();
  if (isTokenRefused(client)) session.end(`${reasonOf(client)} Sign in to go on.`);
}

function drawLink() {
  requestList.tick({ whole: true });
  detail.tick();
}

/** Look at each message for what belongs to no request. */
function heard({ direction, frame }) {
  if (direction === "out") return;
  if (frame.type === "welcome" || frame.type === "pong") learn(frame.timestamp);
  if (frame.type === "token_expiring" && !session.canRefresh) say(expiryOf(frame));
  if (frame.type === "error" && !frame.id && !frame.request_id && frame.error.code !== "UNAUTHORIZED")
    say(frame.error.message);
}

/** `isWish`: the person has signed out, so that nothing of theirs stays in this browser. */
function leave({ reason = "", isWish = false } = {}) {
  addresses.end({ forget: isWish });
  if (isWish) for (const kept of allKept) kept.clear();
  client.close();
  feed.reset();
  requests.reset();
  requestList.reset();
  expiring.clear();
  inspector.reset();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  composer.reset();
  datasetPane.clear();
  countLive();
  byId("console").hidden = true;
  document.body.dataset.screen = "signin";
  signIn.show(reason);
}

function linkToForm() {
  const { action, payload, tags } = places.here();
  return addresses.linkTo({ action, payload, tags });
}

function ended(record) {
  announce(`${titleOf(record)}: ${statusText(record.status, record.failedItems)}`);
  notifier.tell(record);
}

function goTo(pane) {
  panes.show(pane);
  moved();
}

function countLive() {
  const live = store.live().length;
  byId("live-count").hidden = live === 0;
  setText(byId("live-count"), String(live));
  tab.update();
}

/** What stands in the form outlives a reload, and is in the address. */
function keepTyped() {
  if (!session.active || !composer.opened) return;
  composer.keepDraft();
  addresses.changed({ replace: true });
}

/** The address is not for this: it says what the page shows. */
function skip(event) {
  event.preventDefault();
  byId("requests").focus();
}

function tick() {
  link.tick();
  connection.tick();
  expiring.tick();
  requestList.tick();
  detail.tick();
  tab.update();
}

function announce(text) {
  setText(byId("announcer"), text);
}

function say(text, options) {
  notify(byId("notices"), text, options);
}

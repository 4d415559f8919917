// Keeps the page of a live request up to date: fetches its changing part every two seconds and brings the page to it.
// Only what differs is touched, so scroll position, focus, selections and opened folds stay as they are.

const EVERY_MS = 2000;
const region = document.getElementById("live");

if (region && isLive()) {
  schedule();
}

function isLive() {
  return region.firstElementChild?.dataset.live === "true";
}

function schedule() {
  setTimeout(document.hidden ? waitUntilSeen : refresh, EVERY_MS);
}

function waitUntilSeen() {
  if (!document.hidden) {
    refresh();
    return;
  }
  document.addEventListener("visibilitychange", refresh, { once: true });
}

async function refresh() {
  let response;
  try {
    response = await fetch(region.dataset.url, { credentials: "same-origin" });
  } catch {
    schedule(); // the network or the server is away: it may come back
    return;
  }
  if (response.redirected || (response.status >= 400 && response.status < 500)) {
    stop();
    return;
  }
  if (response.ok) {
    const fresh = document.createElement("template");
    fresh.innerHTML = (await response.text()).trim();
    morph(region.firstElementChild, fresh.content.firstElementChild);
  }
  if (isLive()) {
    schedule();
  }
}

function stop() {
  const note = document.createElement("p");
  note.className = "st-note";
  note.setAttribute("role", "status");
  note.textContent = "This page is not refreshed any more. Reload it, and sign in again if you are asked to.";
  region.before(note);
}

/** Makes `node` equal to `fresh`, reusing every node that can stay. */
function morph(node, fresh) {
  if (node.nodeType !== fresh.nodeType || node.nodeName !== fresh.nodeName || node.id !== fresh.id) {
    node.replaceWith(fresh);
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== fresh.data) {
      node.data = fresh.data;
    }
    return;
  }
  morphAttributes(node, fresh);
  morphChildren(node, fresh);
}

function morphAttributes(node, fresh) {
  for (const { name } of [...node.attributes]) {
    // Whether a fold is open is the reader's doing, not the server's.
    if (!fresh.hasAttribute(name) && name !== "open") {
      node.removeAttribute(name);
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (node.getAttribute(name) !== value) {
      node.setAttribute(name, value);
    }
  }
}

/** Elements with an id are kept by it, wherever they stand now; all others by their place. The order of ids is fixed. */
function morphChildren(node, fresh) {
  const byId = new Map([...node.children].filter((child) => child.id).map((child) => [child.id, child]));
  let cursor = node.firstChild;
  for (const child of [...fresh.childNodes]) {
    const own = child.id ? byId.get(child.id) : cursor?.id ? null : cursor;
    if (!own) {
      node.insertBefore(child, cursor);
      continue;
    }
    cursor = removeUpTo(cursor, own).nextSibling;
    morph(own, child);
  }
  while (cursor) {
    cursor = removed(cursor);
  }
}

function removeUpTo(cursor, end) {
  while (cursor !== end) {
    cursor = removed(cursor);
  }
  return end;
}

/** Takes the node out, and gives the one that came after it. */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

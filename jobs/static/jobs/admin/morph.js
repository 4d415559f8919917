// Brings a part of a page to a newer state of it. Only what differs is touched, so scroll position, focus, selections
// and opened folds stay as they are.

/** Makes `node` equal to `fresh`, reusing every node that can stay. */
export function morph(node, fresh) {
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

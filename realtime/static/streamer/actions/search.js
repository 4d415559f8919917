/** Find actions by what somebody types. No DOM here. */

/** The actions whose name, title or description has the text, whatever its case. */
export function matching(actions, text) {
  const wanted = text.trim().toLowerCase();
  return actions.filter((action) => haystack(action).includes(wanted));
}

function haystack(action) {
  return `${action.action} ${action.title ?? ""} ${action.description ?? ""}`.toLowerCase();
}

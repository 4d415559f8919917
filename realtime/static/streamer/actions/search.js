/** Find actions by what somebody types. No DOM here. */

/** The actions whose name, title, description or group has every word of the text, whatever its case. */
export function matching(actions, text) {
  const wanted = text.trim().toLowerCase().split(/\s+/);
  return actions.filter((action) => wanted.every((word) => haystack(action).includes(word)));
}

function haystack(action) {
  const { action: name, title, description, group, examples = [] } = action;
  return [name, title ?? "", description ?? "", group ?? "", ...examples.map((one) => one.title)]
    .join(" ")
    .toLowerCase();
}

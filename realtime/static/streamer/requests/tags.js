/** The tags of a request: texts by which people find it again. No DOM here. */

const MAX_TAGS = 10;
const MAX_CHARACTERS = 64;

/** `tags` and those in a text, with commas between → `{tags}`, each once; `{fault}` when the server would refuse them. */
export function withTags(tags, text) {
  const added = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const all = [...new Set([...tags, ...added])];
  const long = all.find((tag) => [...tag].length > MAX_CHARACTERS);
  if (long) return { fault: `A tag has at most ${MAX_CHARACTERS} characters.` };
  if (all.length > MAX_TAGS) return { fault: `A request has at most ${MAX_TAGS} tags.` };
  return { tags: all };
}

/** The tags of some records, the most used first. */
export function knownTags(records) {
  const uses = new Map();
  for (const tag of records.flatMap((record) => record.tags)) uses.set(tag, (uses.get(tag) ?? 0) + 1);
  return [...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a) || a.localeCompare(b));
}

/** Actions under the headings that their handlers chose. No DOM here. */

const LAST = "Service";

/** → `[{name, actions}]`: named groups by name, then those without one, and what serves to try the service last. */
export function inGroups(actions) {
  const names = [...new Set(actions.map(({ group }) => group ?? ""))];
  return names
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => ({ name, actions: actions.filter((action) => (action.group ?? "") === name) }));
}

function rank(name) {
  if (name === LAST) return 2;
  return name === "" ? 1 : 0;
}

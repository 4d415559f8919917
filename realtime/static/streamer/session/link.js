/** The code of a sign-in link. It stands in the fragment of the address, which browsers send to no server. */

const PREFIX = "#sign-in=";

/** The code in the address, or null. It is taken out of the address, so that it is in no bookmark and no copy. */
export function takeCode(place = location, past = history) {
  if (!place.hash.startsWith(PREFIX)) return null;
  const code = place.hash.slice(PREFIX.length);
  past.replaceState(null, "", place.pathname + place.search);
  return code || null;
}

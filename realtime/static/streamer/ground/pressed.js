/** Keep a double click from sending twice. */

/** A double click takes half a second; a network may answer the first press before the second comes. */
const ONE_PRESS_MS = 1000;

/** Resolves when another press of the same button is a wish of its own. */
export function pressed() {
  return new Promise((resolve) => setTimeout(resolve, ONE_PRESS_MS));
}

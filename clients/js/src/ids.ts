/** Ids that nobody else has. */

/** A random id, in pages without TLS too, where there is no `crypto.randomUUID`. */
export function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

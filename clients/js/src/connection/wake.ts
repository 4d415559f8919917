/** The moments at which a connection may have died unseen, in browsers that tell of them. */

const ON_WINDOW = ["online", "offline", "pageshow", "focus"];

/** Call `wake` at each of them. Returns a function that stops that. */
export function watchWaking(wake: () => void): () => void {
  const { window, document } = globalThis;
  const watching = new AbortController();
  const { signal } = watching;
  const seen = (): unknown => document.visibilityState === "visible" && wake();
  for (const name of ON_WINDOW) window?.addEventListener?.(name, wake, { signal });
  document?.addEventListener?.("visibilitychange", seen, { signal });
  return () => watching.abort();
}

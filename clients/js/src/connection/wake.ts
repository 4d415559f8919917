/** The moments at which a connection may have died unseen, in browsers that tell of them. */

const ON_WINDOW = ["online", "offline", "pageshow", "focus"];

/** Call `wake` at each of them. Returns a function that stops that. */
export function watchWaking(wake: () => void): () => void {
  const { window, document } = globalThis;
  if (!document?.addEventListener || !window?.addEventListener) return () => {};
  const seen = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  for (const name of ON_WINDOW) window.addEventListener(name, wake);
  document.addEventListener("visibilitychange", seen);
  return () => {
    for (const name of ON_WINDOW) window.removeEventListener(name, wake);
    document.removeEventListener("visibilitychange", seen);
  };
}

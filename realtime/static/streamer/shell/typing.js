/** Tells when somebody has typed into a form. */

const PAUSE_MS = 400;

/** `save()` is called after a pause in typing, when a field is left, and before the page goes. */
export function watchTyping(root, save) {
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    save();
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  };
  // Some controls of a form are buttons.
  for (const name of ["input", "click"]) root.addEventListener(name, soon);
  for (const name of ["change", "focusout"]) root.addEventListener(name, now);
  globalThis.addEventListener("pagehide", now);
}

/** The keys of the console, and what each means. No DOM here. */

/** Each is `{name, keys, text}` with keys as `KeyboardEvent.key` names them. */
export const SHORTCUTS = [
  { name: "actions", keys: ["/"], text: "Find an action" },
  { name: "new", keys: ["n"], text: "New request" },
  { name: "search", keys: ["f"], text: "Find a request" },
  { name: "next", keys: ["j"], text: "Next request" },
  { name: "previous", keys: ["k"], text: "Previous request" },
  { name: "open", keys: ["o", "Enter"], text: "Open the request" },
  { name: "again", keys: ["r"], text: "Run the request again" },
  { name: "edit", keys: ["e"], text: "Edit the request and send it" },
  { name: "cancel", keys: ["x"], text: "Cancel the request" },
  { name: "copy", keys: ["c"], text: "Copy a link to what is open" },
  { name: "requests", keys: ["q"], text: "Requests" },
  { name: "datasets", keys: ["d"], text: "Datasets" },
  { name: "wire", keys: ["w"], text: "Messages of the connection" },
  { name: "help", keys: ["?"], text: "This list" },
];

/** Keys that the browser or a field handles, for the list alone. */
export const NATIVE_KEYS = [
  { keys: ["Ctrl+Enter"], text: "Send the form" },
  { keys: ["Esc"], text: "Close what is open" },
];

/** The shortcuts that work while the panel of a request is open. */
const IN_DETAIL = new Set(["next", "previous", "again", "edit", "cancel", "copy", "help"]);

/**
 * The name of the shortcut that a key press is; null for none. `where`: `typing` where text goes in, `dialog`, `detail`
 * or `page`.
 */
export function shortcutOf({ key, ctrlKey, metaKey, altKey, repeat, isComposing, defaultPrevented }, where) {
  if (ctrlKey || metaKey || altKey || isComposing || defaultPrevented) return null;
  if (where === "typing" || where === "dialog") return null;
  const name = SHORTCUTS.find(({ keys }) => keys.includes(key))?.name;
  if (!name || (where === "detail" && !IN_DETAIL.has(name))) return null;
  // Enter presses the button that has the focus; a held key moves on, and does nothing else.
  if (key === "Enter" || (repeat && name !== "next" && name !== "previous")) return null;
  return name;
}

/** Where a key press lands. `dialog`: the one that is open, if any: what had the focus in it may be gone. */
export function whereIs(target, dialog) {
  if (target.closest("input, textarea, select, [contenteditable]")) return "typing";
  if (!dialog) return "page";
  return dialog.id === "detail" ? "detail" : "dialog";
}

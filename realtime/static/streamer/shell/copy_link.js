/** Copies addresses. */

import { h, icon } from "../ground/dom.js";

const SAID_MS = 2000;

/** Resolves when the address is in the clipboard, or in a field to copy it from. */
export async function copyLink(address) {
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    // Without TLS a browser has no clipboard for pages.
    prompt("Copy this link:", address);
  }
}

/** A button; `address()` gives what to copy when it is wanted. */
export function copyLinkButton(address) {
  const text = h("span", { "aria-live": "polite" }, "Copy link");
  const copy = async () => {
    await copyLink(address());
    text.textContent = "Link copied";
    setTimeout(() => {
      text.textContent = "Copy link";
    }, SAID_MS);
  };
  return h(
    "button",
    { class: "button quiet copy-link", type: "button", "data-testid": "copy-link", on: { click: copy } },
    icon("copy"),
    text,
  );
}

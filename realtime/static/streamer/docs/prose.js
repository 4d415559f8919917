/** Text with code between backticks, as nodes. Everything stays text, so no description can become markup. */

import { h } from "../ground/dom.js";

/** `text` as a list of strings and code elements. */
export function prose(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

/** Each paragraph of `text`. */
export function paragraphs(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .filter(Boolean)
    .map((part) => h("p", {}, prose(part)));
}

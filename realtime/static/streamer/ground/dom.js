/** Building DOM nodes. Everything is set as text or through properties, so no content can become markup or script. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * `props`: `on` holds listeners by event name, `dataset` data attributes, `class` the class; booleans set or leave out
 * an attribute; the rest are attributes. Children that are null, undefined or false are left out.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

/** Replace all children of a node. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** Make an element of SVG. `props` are attributes; the rest is as of `h`. */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...present(children));
  return node;
}

/** One of the symbols of the page's sprite, hidden from screen readers. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));
}

/** The button in the corner of a panel or a dialog. `props` are more attributes, or another label. */
export function closeButton(onClose, props = {}) {
  const fixed = { class: "button quiet square", type: "button", on: { click: onClose } };
  return h("button", { ...fixed, "aria-label": "Close", ...props }, icon("close"));
}

/** The listeners of a form that is sent by its button, and by Ctrl or ⌘ with Enter from anywhere in it. */
export function onSubmit(send) {
  const submit = (event) => {
    event.preventDefault();
    send();
  };
  const keydown = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit(event);
  return { submit, keydown };
}

/** Set a node's text only when it differs, so that nothing is repainted or read out twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

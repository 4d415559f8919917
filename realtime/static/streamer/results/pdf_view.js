/** Show a PDF in place, where the browser can, with a link to save it. */

import { hasExpired, safeUrl } from "../files/expiry.js";
import { h } from "../ground/dom.js";
import { size } from "../ground/format.js";

/**
 * Null when it has expired, or this page cannot show it: it must be of this server, which gives it out to be shown only
 * to a browser that says where it will be. Browsers say so over HTTPS, and on the machine itself.
 */
export function pdfView(file) {
  const text = safeUrl(file.url, document.baseURI);
  if (!text || hasExpired(file) || !navigator.pdfViewerEnabled || !isSecureContext) return null;
  const url = new URL(text);
  if (url.origin !== location.origin) return null;
  url.searchParams.set("inline", "1");
  url.hash = "navpanes=0&view=FitH"; // of the viewers of Chromium and Firefox
  return h(
    "div",
    { class: "result-part" },
    h("iframe", { class: "pdf", src: url.href, title: file.filename, loading: "lazy", "data-testid": "pdf" }),
    h(
      "p",
      { class: "quiet" },
      `${file.filename}, ${size(file.size_bytes)}. `,
      h("a", { class: "link", href: text, download: file.filename }, "Download it"),
    ),
  );
}

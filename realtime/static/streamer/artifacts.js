/** Links to the files a request produced. */

import { now, toMs } from "./clock.js";
import { h, icon } from "./dom.js";
import { fullTime, size, time } from "./format.js";

/** A download link; plain text once the file has expired. Null when the address is none a browser may open. */
export function downloadLink(artifact) {
  const url = safeUrl(artifact.url);
  if (!url) return null;
  const expires = toMs(artifact.expires_at);
  const label = [
    icon("download"),
    h("span", { class: "file-name" }, artifact.filename),
    h("span", { class: "file-size" }, size(artifact.size_bytes)),
  ];
  if (expires && expires < now()) {
    return h("span", { class: "download expired", title: `Expired ${fullTime(expires)}` }, label, "expired");
  }
  const title = expires ? `Download; kept until ${time(expires)}` : "Download";
  return h(
    "a",
    { class: "download", href: url, download: artifact.filename, title, rel: "noopener", "data-testid": "download" },
    label,
  );
}

/** An address may be relative to this page. Anything but HTTP would be a way to smuggle script in. */
function safeUrl(text) {
  try {
    const url = new URL(text, document.baseURI);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

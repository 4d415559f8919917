/** Links to the files a request produced. */

import { toMs } from "../ground/clock.js";
import { h, icon } from "../ground/dom.js";
import { fullTime, size } from "../ground/format.js";
import { typeText } from "./artifacts.js";
import { expiresSoon, hasExpired, safeUrl, timeLeft } from "./expiry.js";

/** A download link; plain text once the file has expired. Null when the address is none a browser may open. */
export function downloadLink(artifact) {
  const url = safeUrl(artifact.url, document.baseURI);
  if (!url) return null;
  const label = [
    icon("download"),
    h("span", { class: "file-name", dir: "auto" }, artifact.filename),
    h("span", { class: "file-size" }, [typeText(artifact), size(artifact.size_bytes)].filter(Boolean).join(" · ")),
  ];
  const expires = toMs(artifact.expires_at);
  const title = expires
    ? `${hasExpired(artifact) ? "Expired" : "Download; kept until"} ${fullTime(expires)}`
    : "Download";
  if (hasExpired(artifact)) return h("span", { class: "download expired", title }, label, "expired");
  return h(
    "a",
    { class: "download", href: url, download: artifact.filename, title, rel: "noopener", "data-testid": "download" },
    label,
    expiresSoon(artifact) ? h("span", { class: "file-expiry" }, timeLeft(artifact)) : null,
  );
}

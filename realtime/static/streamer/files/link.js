/** Links to the files a request produced. */

import { now, toMs } from "../ground/clock.js";
import { h, icon } from "../ground/dom.js";
import { duration, fullTime, size } from "../ground/format.js";

const DAY_MS = 24 * 3600 * 1000;

/** A download link; plain text once the file has expired. Null when the address is none a browser may open. */
export function downloadLink(artifact) {
  const url = safeUrl(artifact.url);
  if (!url) return null;
  const label = [
    icon("download"),
    h("span", { class: "file-name" }, artifact.filename),
    h("span", { class: "file-size" }, size(artifact.size_bytes)),
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

export function hasExpired(artifact) {
  const expires = toMs(artifact.expires_at);
  return expires !== null && expires < now();
}

export function expiresSoon(artifact) {
  const expires = toMs(artifact.expires_at);
  return expires !== null && expires - now() < DAY_MS && !hasExpired(artifact);
}

/** "5 h 10 min left", "7 days left"; empty for a file that is kept for ever. */
export function timeLeft(artifact) {
  const expires = toMs(artifact.expires_at);
  if (expires === null) return "";
  const days = (expires - now()) / DAY_MS;
  return `${days > 2 ? `${Math.round(days)} days` : duration(expires - now())} left`;
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

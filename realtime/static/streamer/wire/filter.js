/** Choose which frames are shown, and say what each is about. No DOM here. */

import { eventText } from "../detail/events.js";

/** Whether a frame is of the type and the direction and has the text; an empty one fits all. */
export function fits(frame, { type = "", direction = "", text = "" }) {
  if (type && frame.type !== type) return false;
  if (direction && frame.direction !== direction) return false;
  return !text || frame.text.toLowerCase().includes(text.toLowerCase());
}

/** The types there are, in the order of the alphabet. */
export function typesOf(frames) {
  return [...new Set(frames.map((frame) => frame.type))].sort();
}

/** What a frame is about, in a line: the request or topic, its number, and what it says. */
export function gist({ text }) {
  const message = JSON.parse(text);
  const { topic, seq, requests } = message;
  // What the feed tells of a request stands in a field of its own.
  const { request_id: requestId, action, status } = { ...message.request, ...message };
  const parts = [
    action,
    topic,
    requestId ? String(requestId).slice(0, 8) : null,
    seq === undefined ? null : `#${seq}`,
    message.error ? null : status,
    Array.isArray(requests) ? `${requests.length} ${requests.length === 1 ? "request" : "requests"}` : null,
    message.error ? `${message.error.code}: ${message.error.message}` : eventText(message),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Messages to start from, for those who write one by hand. No DOM here. */

const ID = "00000000-0000-0000-0000-000000000000";

export const STARTS = [
  { type: "ping" },
  { type: "request", action: "echo", payload: { message: "Hello" } },
  { type: "list", limit: 5 },
  { type: "status", request_id: ID },
  { type: "subscribe", requests: [{ request_id: ID, after_seq: 0 }] },
  { type: "unsubscribe", request_id: ID },
  { type: "cancel", request_id: ID },
];

/** The JSON of the one of this type, indented, with an id of its own so that its answer can be found. */
export function startText(type) {
  const message = STARTS.find((start) => start.type === type);
  return message ? JSON.stringify({ ...message, id: `by-hand-${crypto.randomUUID().slice(0, 8)}` }, null, 2) : "";
}

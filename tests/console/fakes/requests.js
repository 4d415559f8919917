/** A page that sends and follows requests, and what the server says of them. */

import { Requests } from "../../../realtime/static/streamer/requests/requests.js";
import { Connected } from "./connected.js";

export const ID = "5f0c2b1e";

/** The page on an open connection, and its requests. */
export async function connected(t, welcome) {
  const page = new Connected(t);
  page.requests = new Requests(page.client, page.store);
  await page.open(welcome);
  return page;
}

/** A request that the server has acknowledged. */
export async function submitted(page, requestId = ID) {
  const [record] = page.requests.submit("generate_report", { format: "pdf" });
  const { id } = page.sentOf("request").at(-1);
  await page.say({ type: "acknowledgment", id, request_id: requestId, status: "queued", duplicate: false });
  return record;
}

export const started = { type: "started", request_id: ID, seq: 1, attempt: 1 };
export const progress = (seq) => ({ type: "progress", request_id: ID, seq, percentage: seq, attempt: 1 });
export const complete = (seq, requestId = ID) => ({
  type: "complete",
  request_id: requestId,
  seq,
  success: true,
  result: {},
  final: true,
});

/** The subscriptions that were asked for, as `[request_id, after_seq]`. */
export function followed(page) {
  const asked = page.sentOf("subscribe").flatMap((message) => message.requests);
  return asked.map((request) => [request.request_id, request.after_seq]);
}

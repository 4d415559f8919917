/** What a page shows of a request, and how each event changes it. No I/O here. */

import { RequestCancelled, resultOf, type StreamerError } from "./errors.ts";
import type { Artifact, Frame, RequestEvent, Snapshot } from "./wire.ts";

export interface RequestView<Result = unknown> {
  /** `idle`: nothing was asked for; `sending`: it is not acknowledged yet. */
  status: "idle" | "sending" | Snapshot["status"];
  /** 0 to 100. */
  percentage: number;
  /** The last thing that the work said about itself. */
  message: string;
  requestId: string | null;
  result: Result | null;
  /** The items that could not be done, of a request that has completed. */
  failedItems: number;
  error: StreamerError | null;
  artifacts: Artifact[];
  /** The place in the queue; null when it does not wait there. */
  position: number | null;
  /** Unix seconds; null unless it will be tried again. */
  retryAt: number | null;
}

export const BLANK: RequestView<never> = {
  status: "idle",
  percentage: 0,
  message: "",
  requestId: null,
  result: null,
  failedItems: 0,
  error: null,
  artifacts: [],
  position: null,
  retryAt: null,
};

/** The codes of errors that tell nothing of the request. */
const UNSEEN = ["UNAUTHORIZED", "CONNECTION_STOPPED"];

/** The view after an event. */
export function viewAfter<Result>(view: RequestView<Result>, event: RequestEvent<Result>): RequestView<Result> {
  const next = { ...view, requestId: (event as Frame).request_id ?? view.requestId };
  switch (event.type) {
    case "waiting":
      return { ...next, status: "pending", position: event.position };
    case "started":
      return { ...next, status: "processing", position: null, retryAt: null, error: null, percentage: 0 };
    case "progress":
      return { ...next, status: "processing", percentage: event.percentage, message: event.message || view.message };
    case "retrying":
      return { ...next, status: "retrying", retryAt: event.retry_at };
    case "snapshot":
      return { ...next, ...shown(event), ...ended<Result>(event) };
    case "partial":
      return next;
    default:
      return { ...next, ...ended<Result>(event) };
  }
}

/** The view of a request that was refused; or of one that can be seen no longer, with the status that was seen last. */
export function viewFailed<Result>(view: RequestView<Result>, error: StreamerError): RequestView<Result> {
  if (UNSEEN.includes(error.code) && view.status !== "sending") return { ...view, error };
  return { ...view, status: error instanceof RequestCancelled ? "cancelled" : "failed", error };
}

function shown({ status, percentage, message }: Snapshot): {
  status: Snapshot["status"];
  percentage: number;
  message: string;
} {
  return { status, percentage, message };
}

/** Nothing for a message that ends nothing, such as a type that this version does not know. */
function ended<Result>(event: Frame): Partial<RequestView<Result>> {
  const isEnd = event.final || event.type === "response" || ["completed", "failed", "cancelled"].includes(event.status);
  if (!isEnd) return {};
  const artifacts: Artifact[] = event.artifacts ?? event.metadata?.artifacts ?? [];
  const rest = { artifacts, position: null, retryAt: null };
  try {
    const failedItems = event.failed_items ?? event.metadata?.failed_items ?? 0;
    return { ...rest, status: "completed", percentage: 100, result: resultOf(event) as Result, failedItems };
  } catch (error) {
    const status = error instanceof RequestCancelled ? "cancelled" : "failed";
    return { ...rest, status, error: error as StreamerError };
  }
}

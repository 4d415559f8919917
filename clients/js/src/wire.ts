/** The messages of `streamer.v1`, as far as a client has to know their fields. */

/** Any JSON object on the wire, either way. */
// biome-ignore lint/suspicious/noExplicitAny: a message has whatever fields its type says.
export type Frame = Record<string, any>;

/** What an error message says. `retry_after`: seconds. */
export interface ErrorBody {
  code: string;
  message: string;
  details?: Frame;
  retryable?: boolean;
  retry_after?: number;
}

/** A file that a request made. `url` is signed and belongs to the service: see `Client.artifactUrl`. */
export interface Artifact {
  artifact_id: string;
  url: string;
  filename: string;
  media_type: string;
  size_bytes: number;
  sha256: string;
  expires_at: string;
}

interface Numbered {
  request_id: string;
  id?: string;
  seq: number;
  timestamp: number;
}

export interface Acknowledgment {
  type: "acknowledgment";
  request_id: string;
  id: string;
  status: string;
  duplicate: boolean;
  position?: number;
  estimated_seconds?: number;
  /** A short text that tells the request from others. */
  title?: string;
  warnings?: { path: string; message: string }[];
}
export interface Waiting {
  type: "waiting";
  request_id: string;
  ahead: number;
  position: number;
  reason?: string;
  estimated_seconds?: number;
  estimated_start_seconds?: number;
}
export interface Started extends Numbered {
  type: "started";
  attempt: number;
}
export interface Progress extends Numbered {
  type: "progress";
  attempt: number;
  /** 0 to 100; within one attempt it never goes back. */
  percentage: number;
  message: string;
  metadata: Frame;
}
export interface Partial extends Numbered {
  type: "partial";
  attempt: number;
  data: unknown;
}
export interface Retrying extends Numbered {
  type: "retrying";
  attempt: number;
  /** Unix seconds. */
  retry_at: number;
  error: ErrorBody;
}
export interface Complete<Result = unknown> extends Numbered {
  type: "complete";
  result: Result;
  /** The items that could not be done; left out where there are none. */
  failed_items?: number;
  artifacts?: Artifact[];
  artifacts_total?: number;
  final: true;
}
export interface Failed extends Numbered {
  type: "error";
  error: ErrorBody;
  receipt?: unknown;
  artifacts?: Artifact[];
  final: true;
}
export interface Cancelled extends Numbered {
  type: "cancelled";
  mode: "before_start" | "cooperative" | "killed";
  seconds: number;
  receipt?: unknown;
  artifacts?: Artifact[];
  final: true;
}
/** The answer of an inline action: it has no number, and nothing follows. */
export interface Response<Result = unknown> {
  type: "response";
  id: string;
  success: boolean;
  data: Result;
  metadata: Frame;
}
/** The state of a request. As an event (`reason: "trimmed"`) it stands for everything up to `seq`. */
export interface Snapshot extends Numbered {
  type?: "snapshot";
  action: string;
  /** A short text that tells the request from others. Empty for an old one. */
  title?: string;
  status: "pending" | "processing" | "retrying" | "completed" | "failed" | "cancelled";
  percentage: number;
  message: string;
  attempt: number;
  metadata?: Frame;
  result?: unknown;
  failed_items?: number;
  error?: ErrorBody;
  receipt?: unknown;
  artifacts?: Artifact[];
  tags?: string[];
  reason?: string;
}

/** What a follower of a request sees, in order. */
export type RequestEvent<Result = unknown> =
  | Waiting
  | Started
  | Progress
  | Partial
  | Retrying
  | Complete<Result>
  | Failed
  | Cancelled
  | Response<Result>
  | (Snapshot & { type: "snapshot" });

const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether nothing follows this message. A `snapshot` that replaces a trimmed log may stand for the final message. */
export function isFinal(event: Frame): boolean {
  return event.final === true || event.type === "response" || (event.type === "snapshot" && FINAL.has(event.status));
}

export function isFinalStatus(status: unknown): boolean {
  return FINAL.has(status as string);
}

/**
 * Every error of this package:
 *
 *     StreamerError
 *     ├── ValidationFailed    the message or its payload does not fit
 *     ├── RateLimited         too much at once; wait `retryAfter` seconds
 *     ├── Unauthorized        no token, a bad one, or one without the permission
 *     ├── NotFound            it does not exist, or belongs to somebody else
 *     ├── Unavailable         a part of the service is away; wait `retryAfter` seconds
 *     ├── RequestFailed       the request ended with an error
 *     ├── RequestCancelled    the request was cancelled
 *     ├── ConnectionStopped   the server said not to come back, or the client was closed
 *     └── QueueFull           too many requests wait for a connection
 */

import type { ErrorBody, Frame } from "./wire.ts";

export class StreamerError extends Error {
  // Written out, because scripts that are made small have other names for classes.
  override name = "StreamerError";
  /** The code of the protocol, such as `RATE_LIMITED`. */
  readonly code: string;
  readonly details: Frame;
  /** Whether the same again, later, can succeed. */
  readonly retryable: boolean;
  /** Seconds to wait before that; null when the server did not say. */
  readonly retryAfter: number | null;

  constructor(body: ErrorBody) {
    super(body.message);
    this.code = body.code;
    this.details = body.details ?? {};
    this.retryable = !!body.retryable;
    this.retryAfter = body.retry_after ?? null;
  }
}

export class ValidationFailed extends StreamerError {
  override name = "ValidationFailed";
}
export class RateLimited extends StreamerError {
  override name = "RateLimited";
}
export class Unauthorized extends StreamerError {
  override name = "Unauthorized";
}
export class NotFound extends StreamerError {
  override name = "NotFound";
}
export class Unavailable extends StreamerError {
  override name = "Unavailable";
}
export class QueueFull extends StreamerError {
  override name = "QueueFull";
}

/** `event` is the message that ended the request, with its `receipt` and `artifacts`; null for an inline action. */
export class RequestFailed extends StreamerError {
  override name = "RequestFailed";
  readonly event: Frame | null;

  constructor(body: ErrorBody, event: Frame | null = null) {
    super(body);
    this.event = event;
  }
}

export class RequestCancelled extends RequestFailed {
  override name = "RequestCancelled";
}

/** `closeCode`: 4500 to 4999, or 1000 when the program closed the client. */
export class ConnectionStopped extends StreamerError {
  override name = "ConnectionStopped";
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super({ code: "CONNECTION_STOPPED", message, details: { close_code: closeCode } });
    this.closeCode = closeCode;
  }
}

const KINDS: Record<string, new (body: ErrorBody) => StreamerError> = {
  VALIDATION_ERROR: ValidationFailed,
  INVALID_MESSAGE: ValidationFailed,
  INVALID_ACTION: ValidationFailed,
  PAYLOAD_TOO_LARGE: ValidationFailed,
  DUPLICATE_REQUEST: ValidationFailed,
  PROCESSING_FAILED: RequestFailed,
  TIMEOUT: RequestFailed,
  WORKER_LOST: RequestFailed,
  EXPIRED: RequestFailed,
  INTERNAL_ERROR: RequestFailed,
  CANCELLED: RequestCancelled,
  RATE_LIMITED: RateLimited,
  UNAUTHORIZED: Unauthorized,
  FORBIDDEN: Unauthorized,
  SERVICE_UNAVAILABLE: Unavailable,
  NOT_FOUND: NotFound,
};

/** The error of a message that was refused, or of an inline action. */
export function errorOf(body: ErrorBody): StreamerError {
  return new (KINDS[body.code] ?? StreamerError)(body);
}

/** `event` is the message that told it; none for a request that never left. */
export function cancelled(event?: Frame): RequestCancelled {
  return new RequestCancelled({ code: "CANCELLED", message: "The request was cancelled." }, event);
}

/** The result that a final message carries. Throws RequestFailed or RequestCancelled when it carries none. */
export function resultOf(event: Frame): unknown {
  if (event.type === "response" && event.success !== false) return event.data;
  if (event.type === "complete" || event.status === "completed") return event.result;
  if (event.type === "cancelled" || event.status === "cancelled") {
    throw cancelled(event);
  }
  throw new RequestFailed(event.error ?? event.data?.error, event);
}

"""The errors of the client, all with the code that the service gave.

::

    StreamerError
    ├── ValidationFailed    the message, the payload or the action does not fit
    ├── Unauthorized        the token is missing, not valid, or lacks a permission
    ├── NotFound            it does not exist, or belongs to somebody else
    ├── RateLimited         too much at once: wait ``retry_after`` seconds
    ├── Unavailable         a part of the service is away, or cannot be reached
    ├── RequestFailed       the request ended with an error
    ├── RequestCancelled    the request was cancelled
    ├── ConnectionStopped   the service said not to come back, or the client was closed
    ├── QueueFull           too much waits for a connection
    └── TransferFailed      a file did not arrive whole
"""

from collections.abc import Mapping
from typing import Any


class StreamerError(Exception):
    """The base of all errors of this client."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "INTERNAL_ERROR",
        details: Mapping[str, Any] | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """The error code of the protocol, such as ``VALIDATION_ERROR``."""
        self.details: Mapping[str, Any] = details or {}
        self.retryable = retryable
        """True: the same thing, sent again later, can succeed."""
        self.retry_after = retry_after
        """Seconds to wait before that; None if the service named none."""

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class ValidationFailed(StreamerError):
    """A message, a payload or an action does not fit. ``details["faults"]`` lists the faults of a payload."""


class Unauthorized(StreamerError):
    """The token is missing, is not valid, or lacks the permission in ``details["permission"]``."""


class NotFound(StreamerError):
    """It does not exist, or belongs to somebody else."""


class RateLimited(StreamerError):
    """Too much at once. Wait ``retry_after`` seconds."""


class Unavailable(StreamerError):
    """A part of the service is away, or the service cannot be reached."""


class RequestFailed(StreamerError):
    """The request ended with an error, which the code and the message tell."""


class RequestCancelled(StreamerError):
    """The request was cancelled. ``details["mode"]`` says how."""


class ConnectionStopped(StreamerError):
    """The service said not to come back, or this client was closed."""

    def __init__(self, message: str, *, close_code: int | None = None, **facts: Any) -> None:
        super().__init__(message, **{"code": "UNAUTHORIZED" if close_code in (4500, 4501) else "CLOSED", **facts})
        self.close_code = close_code
        """The close code of the connection; None if there was none."""


class QueueFull(StreamerError):
    """Too many requests wait for a connection. Nothing was sent."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} requests wait for a connection", code="QUEUE_FULL", retryable=True)


class TransferFailed(StreamerError):
    """A file did not arrive whole, or is not what was announced."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message, code="TRANSFER_FAILED", retryable=retryable)


_KINDS: Mapping[str, type[StreamerError]] = {
    "INVALID_MESSAGE": ValidationFailed,
    "VALIDATION_ERROR": ValidationFailed,
    "INVALID_ACTION": ValidationFailed,
    "DUPLICATE_REQUEST": ValidationFailed,
    "PAYLOAD_TOO_LARGE": ValidationFailed,
    "UNAUTHORIZED": Unauthorized,
    "FORBIDDEN": Unauthorized,
    "NOT_FOUND": NotFound,
    "RATE_LIMITED": RateLimited,
    "SERVICE_UNAVAILABLE": Unavailable,
    "CANCELLED": RequestCancelled,
    "PROCESSING_FAILED": RequestFailed,
    "TIMEOUT": RequestFailed,
    "EXPIRED": RequestFailed,
    "WORKER_LOST": RequestFailed,
    "INTERNAL_ERROR": RequestFailed,
}


def refusal(error: Mapping[str, Any]) -> StreamerError:
    """Return the exception for an ``error`` object that answers a message."""
    kind = _KINDS.get(str(error.get("code")), StreamerError)
    return kind(str(error.get("message", "")), **_facts(error))


def failure(error: Mapping[str, Any]) -> RequestFailed:
    """Return the exception for the ``error`` object that ended a request."""
    return RequestFailed(str(error.get("message", "")), **_facts(error))


def _facts(error: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": str(error.get("code", "INTERNAL_ERROR")),
        "details": error.get("details"),
        "retryable": bool(error.get("retryable", False)),
        "retry_after": error.get("retry_after"),
    }

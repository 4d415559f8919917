"""The errors of Streamer, as data and as exceptions.

ErrorCode                every code a client can meet, with whether trying again can help
HandlerError             an error whose text is meant for people
├── Retryable            trying again may help: the attempt is repeated under the handler's retry policy
├── Permanent            trying again cannot help: the request fails now
└── InvalidPayload       the payload does not fit the action; carries every fault at once
Stop                     not an Exception, so a broad ``except`` in a handler cannot swallow it
├── Cancelled            somebody asked for this request to be cancelled
├── TimedOut             the attempt or the request used up its time, or was silent for too long
└── AttemptLost          another attempt owns the request now: nothing that this one writes counts
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypedDict


class ErrorCode(StrEnum):
    """The closed list of error codes on the wire."""

    INVALID_MESSAGE = "INVALID_MESSAGE"
    """The frame or the batch cannot be read as a message."""
    VALIDATION_ERROR = "VALIDATION_ERROR"
    """A field, a parameter or the payload does not fit. ``details.faults`` lists all faults of a payload."""
    INVALID_ACTION = "INVALID_ACTION"
    """No action has this name, for this client."""
    UNAUTHORIZED = "UNAUTHORIZED"
    """The token is missing or not valid."""
    FORBIDDEN = "FORBIDDEN"
    """The token lacks the permission in ``details.permission``."""
    NOT_FOUND = "NOT_FOUND"
    """It does not exist, or belongs to somebody else."""
    DUPLICATE_REQUEST = "DUPLICATE_REQUEST"
    """This id belongs to a request that differs. ``details.fields`` names the fields."""
    RATE_LIMITED = "RATE_LIMITED"
    """Too much came in a short time, or too much waits. Wait ``retry_after`` seconds."""
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    """A message, an upload or an answer is above its limit."""
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    """The tenant would store more than it may."""
    TIMEOUT = "TIMEOUT"
    """It ran, or came, longer than it may."""
    EXPIRED = "EXPIRED"
    """The request was not started within ``expires_in``."""
    CANCELLED = "CANCELLED"
    """It was cancelled before it could answer."""
    PROCESSING_FAILED = "PROCESSING_FAILED"
    """The handler says in ``message`` why it cannot do the work."""
    WORKER_LOST = "WORKER_LOST"
    """Workers died while they ran it."""
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    """A part of the service is away. Wait ``retry_after`` seconds."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """A bug. ``details.correlation_id`` finds it in the log."""

    @property
    def retryable(self) -> bool:
        """Return True if the same request, sent again later, can succeed."""
        return self in _RETRYABLE


_RETRYABLE = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.TIMEOUT, ErrorCode.WORKER_LOST, ErrorCode.SERVICE_UNAVAILABLE}
)


class Fault(TypedDict):
    """One fault of a payload: its path, its text, and its code for programs."""

    path: str
    message: str
    type: str


class ErrorBody(TypedDict, total=False):
    """The ``error`` object of a message. ``retry_after`` is in seconds."""

    code: str
    message: str
    details: Mapping[str, Any]
    retryable: bool
    retry_after: float


def error_body(
    code: ErrorCode,
    message: str,
    *,
    details: Mapping[str, Any] | None = None,
    retryable: bool | None = None,
    retry_after: float | None = None,
) -> ErrorBody:
    """Build the ``error`` object; ``retryable`` defaults to what the code says."""
    body: ErrorBody = {
        "code": code.value,
        "message": message,
        "retryable": code.retryable if retryable is None else retryable,
    }
    if details:
        body["details"] = details
    if retry_after is not None:
        body["retry_after"] = round(retry_after, 3)
    return body


def disk_full() -> ErrorBody:
    return error_body(ErrorCode.SERVICE_UNAVAILABLE, "The disk of the server is full")


def database_lost() -> ErrorBody:
    return error_body(ErrorCode.SERVICE_UNAVAILABLE, "The database was away for a moment")


class HandlerError(Exception):
    """An error whose text a person may read. Raise a subclass; the text goes to the client as it is."""

    code = ErrorCode.PROCESSING_FAILED
    retryable = False

    def __init__(
        self, message: str, *, details: Mapping[str, Any] | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after_seconds = retry_after_seconds

    def body(self) -> ErrorBody:
        return error_body(
            self.code,
            self.message,
            details=self.details,
            retryable=self.retryable,
            retry_after=self.retry_after_seconds,
        )


class Retryable(HandlerError):
    """The cause may pass: the attempt is repeated while the retry policy allows it."""

    retryable = True


class Permanent(HandlerError):
    """The cause will not pass: the request fails at once."""


MAX_FAULTS = 200
"""The most faults of one payload that are listed, so that an answer is never much larger than its request."""
_MAX_TEXT = 1_000


class InvalidPayload(HandlerError):
    """The payload does not fit the action. ``count``: the number of all faults, where not all are given."""

    code = ErrorCode.VALIDATION_ERROR

    def __init__(self, faults: Sequence[Fault], *, count: int | None = None) -> None:
        first = _clipped(faults[0])
        others = (count or len(faults)) - 1
        more = f" (and {others} more)" if others else ""
        where = f"{first['path']}: " if first["path"] else ""
        self.faults = [_clipped(fault) for fault in faults[:MAX_FAULTS]]
        unlisted = others + 1 - len(self.faults)
        left_out = {"omitted": {"faults": unlisted}} if unlisted else {}
        super().__init__(f"{where}{first['message']}{more}", details={"faults": self.faults, **left_out})


def _clipped(fault: Fault) -> Fault:
    """Cut the path and the text, which may quote a value of any length."""
    return {**fault, "path": clip(fault["path"], _MAX_TEXT), "message": clip(fault["message"], _MAX_TEXT)}


def clip(text: str, longest: int) -> str:
    """Cut a text that has more than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[:longest]}…"


class Stop(BaseException):
    """Raised inside a handler to end it. Let it pass; use ``finally`` to tidy up."""


class Cancelled(Stop):
    """The request was cancelled, at ``requested_at``.

    A handler may set ``receipt`` (JSON) before it lets the error pass, to tell what was done and stays done.
    """

    def __init__(self, requested_at: datetime) -> None:
        super().__init__()
        self.requested_at = requested_at
        self.receipt: Mapping[str, Any] | None = None


TimeoutReason = Literal["silence", "attempt", "request"]


class TimedOut(Stop):
    """The time is up: ``seconds`` without a sign of life, in one attempt, or in all attempts of the request."""

    def __init__(self, *, reason: TimeoutReason = "attempt", seconds: float = 0.0) -> None:
        super().__init__()
        self.reason = reason
        self.seconds = seconds


class AttemptLost(Stop):
    """The attempt no longer owns the request, so nothing it writes counts."""

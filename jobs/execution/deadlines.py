"""How long a request may take: without a sign of life, in one attempt, in all attempts together."""

from datetime import datetime, timedelta
from typing import Any

from jobs.contract.base import Handler
from jobs.errors import ErrorBody, ErrorCode, TimedOut, error_body

_TEXTS = {
    "request": "The request took longer than the {seconds:g} seconds that all its attempts may take together",
    "attempt": "The request ran longer than the {seconds:g} seconds it may",
    "silence": "The request showed no sign of life for the {seconds:g} seconds it may be silent",
}


def time_up(
    handler: Handler[Any], *, total_seconds: float, attempt_seconds: float, silent_seconds: float = 0.0
) -> TimedOut | None:
    """Which time of the handler is used up, if any: since the first start, since this one, since a sign of life."""
    if handler.total_seconds is not None and total_seconds > handler.total_seconds:
        return TimedOut(reason="request", seconds=handler.total_seconds)
    if attempt_seconds > handler.timeout_seconds:
        return TimedOut(reason="attempt", seconds=handler.timeout_seconds)
    if handler.silence_seconds is not None and silent_seconds > handler.silence_seconds:
        return TimedOut(reason="silence", seconds=handler.silence_seconds)
    return None


def timeout_error(stop: TimedOut) -> ErrorBody:
    """The error a request ends with when its time is up."""
    details = {"seconds": stop.seconds, "reason": stop.reason}
    return error_body(ErrorCode.TIMEOUT, _TEXTS[stop.reason].format(seconds=stop.seconds), details=details)


def last_moment(handler: Handler[Any], started_at: datetime) -> datetime | None:
    """When all attempts of a request must be over that first started at ``started_at``; None: whenever."""
    return None if handler.total_seconds is None else started_at + timedelta(seconds=handler.total_seconds)

"""The time limits of a request: without a sign of life, for one attempt, and for all attempts together."""

from datetime import datetime, timedelta
from typing import Any

from jobs.contract.base import Handler
from jobs.errors import ErrorBody, ErrorCode, TimedOut, error_body

_TEXTS = {
    "request": "The request took longer than the limit of {seconds:g} seconds for all its attempts together",
    "attempt": "The request ran longer than its limit of {seconds:g} seconds",
    "silence": "The request showed no sign of life for {seconds:g} seconds, which is its limit",
}


def time_up(
    handler: Handler[Any], *, total_seconds: float, attempt_seconds: float, silent_seconds: float = 0.0
) -> TimedOut | None:
    """Return the time limit that is reached, if any: since the first start, this start, or the last sign of life."""
    if handler.total_seconds is not None and total_seconds > handler.total_seconds:
        return TimedOut(reason="request", seconds=handler.total_seconds)
    if attempt_seconds > handler.timeout_seconds:
        return TimedOut(reason="attempt", seconds=handler.timeout_seconds)
    if handler.silence_seconds is not None and silent_seconds > handler.silence_seconds:
        return TimedOut(reason="silence", seconds=handler.silence_seconds)
    return None


def timeout_error(stop: TimedOut) -> ErrorBody:
    """Build the error with which a request ends when its time is up."""
    details = {"seconds": stop.seconds, "reason": stop.reason}
    return error_body(ErrorCode.TIMEOUT, _TEXTS[stop.reason].format(seconds=stop.seconds), details=details)


def last_moment(handler: Handler[Any], started_at: datetime) -> datetime | None:
    """Return the moment by which all attempts of a request first started at ``started_at`` must end; None: never."""
    return None if handler.total_seconds is None else started_at + timedelta(seconds=handler.total_seconds)

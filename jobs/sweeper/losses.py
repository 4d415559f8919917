"""Decides what follows when a worker is lost while it runs a request: another attempt, or the end with WORKER_LOST.

A request that takes its worker down each time must not take all workers down. One that met several deaths which had
nothing to do with it goes on: its attempts get to other places, those of the other kind always to the same.
"""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from jobs.contract.base import Handler
from jobs.errors import ErrorCode, error_body
from jobs.log.events import EventType
from jobs.log.outcomes import Failed, Repeated
from jobs.models import AsyncRequest, RequestEvent


def after_loss(row: AsyncRequest, handler: Handler[Any] | type[Handler[Any]], now: datetime) -> Failed | Repeated:
    """Return the outcome of the lost attempt of ``row``, which is as the attempt left it."""
    place = _place(row)
    in_a_row = row.lost_in_a_row + 1 if place == row.lost_place else 1
    in_all = row.lost_count + 1
    raised = {"lost_count": 1}
    if in_a_row >= handler.max_lost_in_a_row:
        text = f"The worker was lost {_times(in_a_row)} in a row, without progress between"
        details = {"reason": "in_a_row", "lost": in_a_row, "limit": handler.max_lost_in_a_row, "lost_in_all": in_all}
    elif in_all >= handler.max_lost:
        text = f"The worker was lost {_times(in_all)} in all while it ran this request"
        details = {"reason": "in_all", "lost": in_all, "limit": handler.max_lost, "lost_in_all": in_all}
    else:
        columns = {"lost_in_a_row": in_a_row, "lost_place": place}
        text = "The worker was lost; another one starts over"
        return Repeated(error=error_body(ErrorCode.WORKER_LOST, text), retry_at=now, counts=raised, columns=columns)
    text += f", and the limit is {details['limit']}"
    return Failed(error=error_body(ErrorCode.WORKER_LOST, text, details=details), counts=raised)


def _place(row: AsyncRequest) -> str:
    """Return a digest of how far the attempt had come: its last report, its partial results, and the checkpoint."""
    partials = RequestEvent.objects.filter(request=row, attempt=row.attempt, type=EventType.PARTIAL).count()
    parts = [row.percentage, row.message, partials, row.resume_state]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"

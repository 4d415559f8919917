"""The log of a request as a table: when, what, how far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.admin.documents import Document, document
from jobs.admin.formatting import exact, short
from jobs.log.events import EventType
from jobs.models import AsyncRequest, RequestEvent

MAX_EVENTS = 500
_SHOWN_IN_COLUMNS = ("percentage", "message", "attempt", "final", "success")
_KINDS = {EventType.COMPLETE: "completed", EventType.ERROR: "failed"}


@dataclass(frozen=True, kw_only=True)
class TimelineRow:
    """One event. ``after`` is the time since the request was first started, as ``+1.30 s``."""

    seq: int
    type: str
    kind: str
    """Sign and colour of the badge."""
    after: str
    at: str
    attempt: int
    percentage: float | None
    text: str
    rest: Document | None
    """All other data of the event. None when there is none."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The last events, oldest first, and how many earlier ones are left out."""

    rows: Sequence[TimelineRow]
    hidden: int
    several_attempts: bool


def timeline(request: AsyncRequest) -> Timeline:
    newest = list(RequestEvent.objects.filter(request_id=request.id).order_by("-seq")[:MAX_EVENTS])
    events = newest[::-1]
    start = request.started_at or request.created_at
    return Timeline(
        rows=[_row(event, start) for event in events],
        hidden=max(0, events[0].seq - 1) if events else 0,
        several_attempts=request.attempt > 1,
    )


def _row(event: RequestEvent, start: datetime) -> TimelineRow:
    rest = {key: value for key, value in event.data.items() if key not in _SHOWN_IN_COLUMNS and value not in ({}, None)}
    percentage = event.data.get("percentage")
    return TimelineRow(
        seq=event.seq,
        type=event.type,
        kind=_KINDS.get(EventType(event.type), event.type) if event.type in list(EventType) else event.type,
        after=_after((event.created_at - start).total_seconds()),
        at=exact(event.created_at),
        attempt=event.attempt,
        percentage=percentage if isinstance(percentage, int | float) else None,
        text=_text(event.data),
        rest=document("", rest) if rest else None,
    )


def _text(data: dict[str, Any]) -> str:
    """Return the text of the event: its message, its error, or how the request was cancelled."""
    error = data.get("error")
    if isinstance(error, dict):
        return short(f"{error.get('code', '')}: {error.get('message', '')}", 300)
    if mode := data.get("mode"):
        return str(mode).replace("_", " ")
    return short(str(data.get("message", "")), 300)


def _after(seconds: float) -> str:
    if seconds < 59.995:
        return f"+{max(seconds, 0):.2f} s"
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"+{minutes} min {tenths / 10:04.1f} s"

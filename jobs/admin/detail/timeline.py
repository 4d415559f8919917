"""The log of a request as a table: when, what, how far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from jobs.admin.detail.documents import Document, document
from jobs.admin.detail.headline import MODES
from jobs.admin.formatting import at, short
from jobs.formatting import format_count, format_duration
from jobs.log.events import EventType
from jobs.models import AsyncRequest, RequestEvent

MAX_EVENTS = 500
_SHOWN_IN_COLUMNS = ("percentage", "message", "attempt", "final", "success")
_KINDS: dict[str, str] = {EventType.COMPLETE: "completed", EventType.ERROR: "failed"}


@dataclass(frozen=True, kw_only=True)
class TimelineRow:
    """One event. ``after`` is the time since the request was first started, as ``+1.3 s``."""

    seq: int
    type: str
    kind: str
    """Sign and colour of the badge."""
    after: SafeString
    attempt: int
    percentage: float | None
    text: str
    rest: Document | None
    """All other data of the event. None when there is none."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The last events, oldest first."""

    rows: Sequence[TimelineRow]
    hidden: str
    """The number of earlier ones. Empty for none."""
    several_attempts: bool
    cancel_mode: str
    """The way in which the request was cancelled. Empty for one that was not."""
    stage: str
    """The stage that its last progress names. Empty for none."""


def timeline(request: AsyncRequest) -> Timeline:
    newest = list(RequestEvent.objects.filter(request_id=request.id).order_by("-seq")[:MAX_EVENTS])
    events = newest[::-1]
    start = request.started_at or request.created_at
    return Timeline(
        rows=[_row(event, start) for event in events],
        hidden=format_count(events[0].seq - 1) if events and events[0].seq > 1 else "",
        several_attempts=request.attempt > 1,
        cancel_mode=str(newest[0].data.get("mode", "")) if newest else "",
        stage=_stage(newest),
    )


def _stage(newest: Sequence[RequestEvent]) -> str:
    metadata = next((event.data.get("metadata") for event in newest if event.type == EventType.PROGRESS), None)
    return str(metadata.get("stage") or "") if isinstance(metadata, dict) else ""


def _row(event: RequestEvent, start: datetime) -> TimelineRow:
    rest = {key: value for key, value in event.data.items() if key not in _SHOWN_IN_COLUMNS and value not in ({}, None)}
    percentage = event.data.get("percentage")
    return TimelineRow(
        seq=event.seq,
        type=event.type,
        kind=_kind(event),
        after=at(event.created_at, f"+{format_duration((event.created_at - start).total_seconds())}"),
        attempt=event.attempt,
        percentage=percentage if isinstance(percentage, int | float) else None,
        text=_text(event.data),
        rest=document("", rest) if rest else None,
    )


def _kind(event: RequestEvent) -> str:
    if event.type == EventType.COMPLETE and event.data.get("failed_items"):
        return "with_failures"
    return _KINDS.get(event.type, event.type)


def _text(data: dict[str, Any]) -> str:
    """Return the text of the event: its message, its error, or how the request was cancelled."""
    error = data.get("error")
    if isinstance(error, dict):
        return short(f"{error.get('code', '')}: {error.get('message', '')}", 300)
    if mode := data.get("mode"):
        return MODES.get(mode, str(mode).replace("_", " "))
    return short(str(data.get("message", "")), 300)

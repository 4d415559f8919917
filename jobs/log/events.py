"""The log of a request: numbered events, and the only code that adds them.

``append`` numbers, fences and updates snapshot, lease and cancel in one conditional UPDATE. The number of rows that it
changed says whether the caller still owns the request. Followers of a request get these events, in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from jobs.jsonable import to_json
from jobs.log.announcing import announce_finished, announce_started
from jobs.log.publishing import publish
from jobs.models import LIVE, Artifact, AsyncRequest, Dataset, RequestEvent

_READ_BACK = ("tenant_id", "user_id", "client_id", "last_seq", "attempt", "cancel_requested_at")


class EventType(StrEnum):
    """The closed list of events; each is a message type on the wire."""

    STARTED = "started"
    PROGRESS = "progress"
    PARTIAL = "partial"
    RETRYING = "retrying"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"


class NotOwner(Exception):
    """The request is not, or no longer, in the state that the caller expected. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event before it has a number."""

    type: EventType
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event of the log, as a follower gets it."""

    request_id: UUID
    client_id: str | None
    seq: int
    type: str
    data: Mapping[str, Any]
    created_at: datetime

    @property
    def is_final(self) -> bool:
        return bool(self.data.get("final"))

    def message(self) -> dict[str, Any]:
        """Return the message on the wire. ``timestamp`` is in Unix seconds."""
        head = {"type": self.type, "request_id": str(self.request_id)}
        if self.client_id is not None:
            head["id"] = self.client_id
        return {**head, "seq": self.seq, "timestamp": self.created_at.timestamp(), **self.data}


@dataclass(frozen=True, kw_only=True)
class Appended:
    """The facts about the request that one append read while it wrote."""

    last_seq: int
    cancel_requested_at: datetime | None


def append(
    request_id: UUID,
    drafts: Sequence[Draft],
    *,
    where: Q,
    changes: Mapping[str, Any],
    artifacts: Sequence[Artifact] = (),
    datasets: Sequence[Dataset] = (),
) -> Appended:
    """Change the request and add its events, all or nothing, then tell the followers and the signals' receivers.

    ``where`` is a condition that the row must still meet, beside not being final. ``changes`` are columns.
    ``artifacts`` and ``datasets`` are rows to insert with this append. Raises ``NotOwner`` when the row has
    moved on, and ``IntegrityError`` when the name of a dataset has been taken.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = AsyncRequest.objects.filter(where, id=request_id, status__in=LIVE)
        if rows.update(last_seq=F("last_seq") + len(drafts), changed_at=now, **changes) == 0:
            raise NotOwner(str(request_id))
        row = AsyncRequest.objects.only(*_READ_BACK).get(id=request_id)
        first = row.last_seq - len(drafts) + 1
        events = [
            Event(
                request_id=request_id,
                client_id=row.client_id,
                seq=first + offset,
                type=draft.type.value,
                data=to_json({"attempt": row.attempt, **draft.data}),
                created_at=now,
            )
            for offset, draft in enumerate(drafts)
        ]
        RequestEvent.objects.bulk_create(
            RequestEvent(
                request_id=request_id, seq=e.seq, type=e.type, data=e.data, attempt=row.attempt, created_at=now
            )
            for e in events
        )
        if artifacts:
            Artifact.objects.bulk_create(artifacts)
        if datasets:
            Dataset.objects.bulk_create(datasets)
        if events:
            frames = [(event.seq, event.message(), event.is_final) for event in events]
            # Not a ``partial``: Django's log of a failed hook asks for the function's name.
            transaction.on_commit(lambda: publish(request_id, frames, (row.tenant_id, row.user_id)), robust=True)
            if any(draft.type == EventType.STARTED for draft in drafts):
                announce_started(request_id)
            if events[-1].is_final:
                announce_finished(request_id)
    return Appended(last_seq=row.last_seq, cancel_requested_at=row.cancel_requested_at)


def read_after(request_id: UUID, client_id: str | None, after_seq: int, limit: int = 500) -> list[Event]:
    """Read the events numbered above ``after_seq``, in order, at most ``limit`` of them."""
    rows = RequestEvent.objects.filter(request_id=request_id, seq__gt=after_seq).order_by("seq")[:limit]
    return [
        Event(
            request_id=request_id,
            client_id=client_id,
            seq=row.seq,
            type=row.type,
            data=row.data,
            created_at=row.created_at,
        )
        for row in rows
    ]

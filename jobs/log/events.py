"""The log of a request: numbered events, and the only code that adds them.

``append`` numbers, fences and updates snapshot, lease and cancel in one conditional UPDATE. The number of rows that it
changed says whether the caller still owns the request. Followers of a request get these events, in order.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.log.announcing import announce_finished, announce_started
from jobs.log.publishing import publish
from jobs.log.starts import STARTED, Choice, Chosen, Start, is_one_statement, start
from jobs.log.statements import Append, PreparedEvent, encode, with_attempt
from jobs.models import Artifact, Dataset, RequestEvent
from jobs.usage.daily import Spent
from jobs.usage.stored import is_counted, json_bytes


class EventType(StrEnum):
    """The closed list of events; each is a message type on the wire."""

    STARTED = STARTED
    PROGRESS = "progress"
    PARTIAL = "partial"
    RETRYING = "retrying"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"


# Progress is throttled, and small beside these.
_COUNTED = (EventType.PARTIAL, EventType.COMPLETE, EventType.ERROR, EventType.CANCELLED)


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
        return {**_head(self.type, self.request_id, self.client_id, self.seq, self.created_at), **self.data}


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
    spent: Spent | None = None,
) -> Appended:
    """Change the request and add its events, all or nothing, then tell the followers and the signals' receivers.

    ``where`` is a condition that the row must still meet, beside not being final. ``changes`` are columns.
    ``artifacts`` and ``datasets`` are rows to insert with this append. ``spent``: the attempt ends with it, and its use
    is counted. Raises ``NotOwner`` when the row has moved on, and ``IntegrityError`` when the name of a dataset has
    been taken.
    """
    now = timezone.now()
    prepared = [PreparedEvent(type=draft.type.value, data=encode(draft.data)) for draft in drafts]
    size = json_bytes(changes.get("result")) + sum(len(one.data.encode()) for one in prepared if one.type in _COUNTED)
    files = sum(file.size_bytes for file in artifacts) + sum(dataset.size_bytes for dataset in datasets)
    entry = size + files if is_counted() else 0
    statement = Append(request_id, where, changes, prepared, now, size=size, entry=entry, spent=spent, files=files)
    needs_transaction = artifacts or datasets or not statement.is_one_statement
    with transaction.atomic() if needs_transaction else nullcontext():
        row = statement.execute()
        if row is None:
            raise NotOwner(str(request_id))
        if artifacts:
            Artifact.objects.bulk_create(artifacts)
        if datasets:
            Dataset.objects.bulk_create(datasets)
        first = row.last_seq - len(drafts) + 1
        frames = [
            (seq, _message(request_id, row.client_id, seq, now, event, row.attempt), bool(draft.data.get("final")))
            for seq, event, draft in zip(range(first, row.last_seq + 1), prepared, drafts, strict=True)
        ]
        if frames:
            _publish_after_commit(request_id, frames, (row.tenant_id, row.user_id))
            if any(draft.type == EventType.STARTED for draft in drafts):
                announce_started(request_id)
            if frames[-1][2]:
                announce_finished(request_id)
    return Appended(last_seq=row.last_seq, cancel_requested_at=row.cancel_requested_at)


def start_chosen(choice: Choice, wanted: Start) -> Chosen:
    """Start the request that ``choice`` selects, as an ``append`` would that did not have to look for it first.

    Nothing is written when there is none, or when it is held back.
    """
    with nullcontext() if is_one_statement() else transaction.atomic():
        chosen = start(choice, wanted)
        if (row := chosen.row) is not None:
            event = PreparedEvent(type=STARTED, data="{}")
            text = _message(row.id, row.client_id, row.last_seq, wanted.now, event, row.attempt)
            _publish_after_commit(row.id, [(row.last_seq, text, False)], (row.tenant_id, row.user_id))
            announce_started(row.id)
    return chosen


def _message(
    request_id: UUID, client_id: str | None, seq: int, created_at: datetime, event: PreparedEvent, attempt: int
) -> str:
    """Encode the message of an event as ``Event.message`` makes it, around the data that are encoded already."""
    head = msgspec.json.encode(_head(event.type, request_id, client_id, seq, created_at)).decode()
    return f"{head[:-1]},{with_attempt(event.data, attempt)[1:]}"


def _head(kind: str, request_id: UUID, client_id: str | None, seq: int, created_at: datetime) -> dict[str, Any]:
    """Return the members that every message has."""
    head: dict[str, Any] = {"type": kind, "request_id": str(request_id)}
    if client_id is not None:
        head["id"] = client_id
    return {**head, "seq": seq, "timestamp": created_at.timestamp()}


def _publish_after_commit(request_id: UUID, frames: Sequence[tuple[int, str, bool]], owner: tuple[str, str]) -> None:
    """Tell the followers, who are told of the owner (tenant, user) too."""

    # Not a ``partial``: Django's log of a failed hook asks for the function's name.
    def send() -> None:
        publish(request_id, frames, owner)

    transaction.on_commit(send, robust=True)


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

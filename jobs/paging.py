"""Pages of rows, the newest first, and the cursor with which a client asks for the next one."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet


class _Dated(Protocol):
    id: UUID
    created_at: datetime


M = TypeVar("M", bound=Model)
D = TypeVar("D", bound=_Dated)


def newest_first(rows: QuerySet[M], cursor: str | None) -> QuerySet[M]:
    """Sort by time; after the row that ``cursor`` names. Raises ``ValueError`` for one that no earlier page gave."""
    rows = rows.order_by("-created_at", "-id")
    if cursor is None:
        return rows
    created_at, last_id = _decode(cursor)
    return rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=last_id))


def cut_page(rows: Sequence[D], limit: int) -> tuple[Sequence[D], str | None]:
    """Return the page and the cursor of the next one, from ``limit`` rows and one more. None: this is the last page."""
    page = rows[:limit]
    return page, _encode(page[-1].created_at, page[-1].id) if len(rows) > limit else None


def _encode(created_at: datetime, last_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {last_id}".encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC), UUID(last_id)
    except (ValueError, OverflowError, binascii.Error):
        raise ValueError("this cursor was not given by an earlier page") from None

"""Pages of rows, the newest first, and the cursor with which a client asks for the next one.

A page is bounded in bytes too: servers and clients refuse messages above some megabytes.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import RawSQL

PAGE_BYTES = 512 * 1024


class _Dated(Protocol):
    id: UUID
    created_at: datetime


M = TypeVar("M", bound=Model)
D = TypeVar("D", bound=_Dated)
T = TypeVar("T")


def newest_first(rows: QuerySet[M], cursor: str | None, id_column: str = "id") -> QuerySet[M]:
    """Sort by time; after the row that ``cursor`` names. Raises ``ValueError`` for one that no earlier page gave."""
    rows = rows.order_by("-created_at", f"-{id_column}")
    if cursor is None:
        return rows
    created_at, last_id = _decode(cursor)
    # The first condition alone bounds the look at an index; an OR of two would not.
    later = Q(created_at__lt=created_at) | Q(**{f"{id_column}__lt": last_id})
    return rows.filter(later, created_at__lte=created_at)


def first_of_all(parts: Sequence[QuerySet[M]], column: str, limit: int) -> QuerySet[M]:
    """Merge parts of a table: select the ``limit`` rows with the highest ``column``, then the highest id.

    Each part is sorted so by an index of its own, so no more than ``limit`` entries of each are looked at.
    """
    texts, values = [], list[Any]()
    for number, part in enumerate(parts):
        ids = part.order_by(f"-{column}", "-id").values_list("id", column)[:limit]
        text, own_values = ids.query.sql_with_params()
        texts.append(f"SELECT * FROM ({text}) AS part_{number}")
        values += own_values
    merged = f"SELECT id FROM ({' UNION ALL '.join(texts)}) AS parts ORDER BY {column} DESC, id DESC LIMIT {limit:d}"
    rows: QuerySet[M] = parts[0].model._default_manager.filter(id__in=RawSQL(merged, values))
    return rows.order_by(f"-{column}", "-id")


def cut_page(
    rows: Sequence[D], limit: int, size_of: Callable[[D], int] = lambda row: 0
) -> tuple[Sequence[D], str | None]:
    """Return the page and the cursor of the next one, from ``limit`` rows and one more. None: this is the last page.

    ``size_of`` gives the bytes that a row takes in the answer.
    """
    page = first_that_fit(rows[:limit], size_of)
    return page, _encode(page[-1].created_at, page[-1].id) if len(rows) > len(page) else None


def first_that_fit(items: Sequence[T], size_of: Callable[[T], int]) -> Sequence[T]:
    """Return as many of the first items as ``PAGE_BYTES`` hold, and at least one."""
    total = 0
    for count, item in enumerate(items):
        total += size_of(item)
        if total > PAGE_BYTES and count:
            return items[:count]
    return items


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

"""Yield the items of a payload: its own, or the rows of its data source as JSON."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from jobs.handler import DATA, Context, Item, Permanent, blank_unusable_dates
from jobs.handlers.bulk_operation.payload import BulkPayload

MAX_ROWS = 100_000
_BATCH = 1_000


def items_of(payload: BulkPayload, context: Context, notes: list[str]) -> Iterator[Item]:
    """Yield the items; add sentences for people to ``notes``.

    Raises ``Permanent`` for a source without rows, or with more than ``MAX_ROWS``.
    """
    if payload.items is not None:
        yield from payload.items
        return
    assert payload.data_source is not None
    with context.open_data(payload.data_source) as table:
        if not 1 <= table.rows <= MAX_ROWS:
            raise Permanent(f"{table.label} has {table.rows:,} rows; a bulk takes 1 to {MAX_ROWS:,}")
        notes += [*table.notes, *blank_unusable_dates(table)]
        for batch in table.stream(f"SELECT * FROM {DATA}", _BATCH):
            context.check()
            for row in batch.to_pylist():
                yield {name: as_json(value) for name, value in row.items()}


def as_json(value: Any) -> Any:
    """Convert to JSON: times as RFC 3339, bytes as hex, decimals as numbers if no digit is lost, else as text.

    NaN and the infinities become null.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

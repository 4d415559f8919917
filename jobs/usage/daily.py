"""The use that each tenant makes of the service on each UTC day.

Whoever uses something inserts an entry in the same transaction, so nobody waits for another's counter. The sweeper adds
the entries to one row for each tenant and day. The sum of both is the use, at every moment.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from jobs.columns import columns, each, item, saved, table
from jobs.models import DailyUsage, UsageEntry

_AT_ONCE = 900
"""The entries that are added up in one transaction. Old SQLite takes 999 values in a statement."""
_SWEEP_SECONDS = 1.0
_COUNTED = ("requests", "worker_seconds", "bytes_written", "refused")
_ENTRY = ("tenant_id", "day", *_COUNTED)


@dataclass(frozen=True, kw_only=True)
class Use:
    """An amount of use."""

    requests: int = 0
    worker_seconds: float = 0.0
    bytes_written: int = 0
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class DayUse:
    """The use that a tenant made of a day."""

    tenant_id: str
    day: date
    use: Use


@dataclass(frozen=True, kw_only=True)
class Spent:
    """The use of an attempt, which is counted by the append that ends it."""

    seconds: float
    """The time for which it occupied a worker."""
    bytes_before: int | None
    """The ``stored_bytes`` of its request when it began. None: its bytes are counted later."""


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def add_use(used: Mapping[str, Use], now: datetime | None = None) -> None:
    """Note the use of tenants, in one statement. Call it in the transaction that stores what is counted."""
    day = day_of(now or timezone.now()).isoformat()
    rows = [
        (tenant_id, day, use.requests, use.worker_seconds, use.bytes_written, use.refused)
        for tenant_id, use in sorted(used.items())
        if use != Use()
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_insert_text(), [json.dumps(rows)])


def add_written(written: Mapping[str, int]) -> None:
    """Note bytes that tenants wrote apart from requests and their runs."""
    add_use({tenant_id: Use(bytes_written=size) for tenant_id, size in written.items() if size > 0})


def insert_entry(source: str) -> str:
    """Return the INSERT of an entry; ``source`` gives tenant, day, worker seconds and bytes."""
    names = columns(UsageEntry, ("tenant_id", "day", "worker_seconds", "bytes_written", "requests", "refused"))
    return f"INSERT INTO {table(UsageEntry)} ({names}) {source}"


# --- what was used ---------------------------------------------------------------------------------------------------


def usage_by_day(tenant_id: str | None = None, first: date | None = None, last: date | None = None) -> list[DayUse]:
    """List the use of days, in their order: of one tenant or of all, from ``first`` to ``last``, both included."""
    return list(usage_of(None if tenant_id is None else [tenant_id], first or date.min, last or date.max))


def usage_of(tenant_ids: Iterable[str] | None, first: date, last: date) -> Iterator[DayUse]:
    """Look up the use of days in their order. ``tenant_ids``: None is all of them."""
    days = [saved(DailyUsage, "day", first), saved(DailyUsage, "day", last)]
    tenants = [] if tenant_ids is None else [json.dumps([[tenant_id] for tenant_id in tenant_ids])]
    with connection.cursor() as cursor:
        cursor.execute(_usage_text(bool(tenants)), [*days, *tenants] * 2)
        rows = cursor.fetchall()
    for tenant_id, day, requests, seconds, written, refused in rows:
        use = Use(requests=requests, worker_seconds=seconds, bytes_written=written, refused=refused)
        yield DayUse(tenant_id=tenant_id, day=date.fromisoformat(day) if isinstance(day, str) else day, use=use)


# --- the sweeper's part ----------------------------------------------------------------------------------------------


def settle_usage() -> int:
    """Add entries to the rows of their days, for about a second. Return the number of entries."""
    began_at, settled = time.monotonic(), 0
    while count := _settle_some():
        settled += count
        if count < _AT_ONCE or time.monotonic() - began_at >= _SWEEP_SECONDS:
            break
    return settled


def delete_old_usage(now: datetime) -> int:
    """Delete some of the days that are older than ``STREAMER_USAGE_DAYS``. Return their number."""
    first = day_of(now) - timedelta(days=settings.STREAMER_USAGE_DAYS)
    ids = list(DailyUsage.objects.filter(day__lt=first).order_by("day").values_list("id", flat=True)[:_AT_ONCE])
    return DailyUsage.objects.filter(id__in=ids).delete()[0] if ids else 0


def _settle_some() -> int:
    entries = list(UsageEntry.objects.order_by("id")[:_AT_ONCE])
    sums: dict[tuple[str, date], dict[str, Any]] = {}
    for entry in entries:
        total = sums.setdefault((entry.tenant_id, entry.day), dict.fromkeys(_COUNTED, 0))
        for name in _COUNTED:
            total[name] += getattr(entry, name)
    if not entries:
        return 0
    with transaction.atomic():
        # Of two sweepers that took the same entries, one deletes fewer, and adds nothing.
        deleted, _ = UsageEntry.objects.filter(id__in=[entry.id for entry in entries]).delete()
        if deleted != len(entries):
            transaction.set_rollback(True)
            return 0
        # In one order, so that two sweepers do not wait for each other.
        keys = sorted(sums)
        empty = [DailyUsage(tenant_id=tenant_id, day=day) for tenant_id, day in keys]
        DailyUsage.objects.bulk_create(empty, ignore_conflicts=True)
        for tenant_id, day in keys:
            added = {name: F(name) + value for name, value in sums[tenant_id, day].items()}
            DailyUsage.objects.filter(tenant_id=tenant_id, day=day).update(**added)
    return len(entries)


# --- texts -----------------------------------------------------------------------------------------------------------


@cache
def _insert_text() -> str:
    types = ("text", "date", "integer", "double precision", "bigint", "integer")
    values = (
        f"CAST({item('entry', index)} AS {kind})" if connection.vendor == "postgresql" else item("entry", index)
        for index, kind in enumerate(types)
    )
    into = f"INSERT INTO {table(UsageEntry)} ({columns(UsageEntry, _ENTRY)})"
    return f"{into} SELECT {', '.join(values)} FROM {each('entry')}"


@cache
def _usage_text(has_tenants: bool) -> str:
    of_tenants = f" AND tenant_id IN (SELECT {item('k', 0)} FROM {each('k')})" if has_tenants else ""
    parts = (
        f"SELECT {columns(model, _ENTRY)} FROM {table(model)} WHERE day BETWEEN %s AND %s{of_tenants}"
        for model in (DailyUsage, UsageEntry)
    )
    return (
        "SELECT tenant_id, day, CAST(sum(requests) AS bigint), sum(worker_seconds), "
        "CAST(sum(bytes_written) AS bigint), CAST(sum(refused) AS bigint) "
        f"FROM ({' UNION ALL '.join(parts)}) u GROUP BY tenant_id, day ORDER BY day, tenant_id"
    )

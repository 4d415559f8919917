"""The bytes that each tenant stores in requests, bulk items, results, artifacts and datasets, against its quota.

Whoever stores something adds an entry in the same transaction, so writers of one tenant never wait for each other, and
to know the sum takes one look at an index. Whoever deletes something adds what is given back in the same way. The
sweeper adds the entries up, and once a day counts anew what is there, so that the sum is right whoever deleted what.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Max, Model, Q, Subquery, Sum

from jobs.columns import columns, each, item, table
from jobs.errors import ErrorBody, ErrorCode, Permanent
from jobs.models import Artifact, AsyncRequest, BulkSlice, Dataset, StoredBytes
from jobs.usage.daily import add_written

RECOUNT_EVERY = timedelta(days=1)
"""A recount reads all rows of a tenant, so it is rare."""
_AT_ONCE = 50
# What is counted: table, column, and the way to the tenant.
_COUNTED: tuple[tuple[type[Model], str, str], ...] = (
    (AsyncRequest, "stored_bytes", "tenant_id"),
    (BulkSlice, "stored_bytes", "request__tenant_id"),
    (Artifact, "size_bytes", "tenant_id"),
    (Dataset, "size_bytes", "tenant_id"),
)


class TenantFull(Permanent):
    """The tenant stores as much as it may."""

    code = ErrorCode.QUOTA_EXCEEDED

    def __init__(self, used_bytes: int) -> None:
        text = (
            "The requests, results and files of the tenant fill its quota; delete datasets, or wait for old files to go"
        )
        quota = settings.STREAMER_TENANT_QUOTA_BYTES
        super().__init__(text, details={"used_bytes": used_bytes, "quota_bytes": quota})


def tenant_full(used_bytes: int) -> ErrorBody:
    return TenantFull(used_bytes).body()


def json_bytes(value: Any) -> int:
    """Return the size of a JSON value as text. None takes nothing."""
    return 0 if value is None else len(msgspec.json.encode(value))


def is_counted() -> bool:
    """Return False where tenants have no quota, so that nothing needs to be counted."""
    return bool(settings.STREAMER_TENANT_QUOTA_BYTES)


def add_bytes(added: Mapping[str, int]) -> None:
    """Note that these tenants store so many bytes more, or less. Call it in the transaction that stores them."""
    entries = [(tenant_id, size) for tenant_id, size in added.items() if size]
    if is_counted() and entries:
        with connection.cursor() as cursor:
            cursor.execute(_insert_text(), [json.dumps(entries)])


def add_stored(added: Mapping[str, int]) -> None:
    """Do as ``add_bytes`` for what was written just now, and count it as the day's use too."""
    add_bytes(added)
    add_written(added)


@cache
def _insert_text() -> str:
    names = columns(StoredBytes, ("tenant_id", "size_bytes"))
    values = f"{item('entry', 0)}, CAST({item('entry', 1)} AS bigint)"
    return f"INSERT INTO {table(StoredBytes)} ({names}) SELECT {values} FROM {each('entry')}"


def used_bytes(tenant_ids: Collection[str]) -> dict[str, int]:
    """Return tenant → bytes, of those tenants that store anything."""
    rows = StoredBytes.objects.filter(tenant_id__in=tenant_ids).values_list("tenant_id")
    return dict(rows.annotate(total=Sum("size_bytes")).order_by())


def check_room(tenant_id: str, size_bytes: int = 1) -> None:
    """Raise ``TenantFull`` if the tenant has no room for ``size_bytes`` more."""
    if is_counted():
        used = used_bytes([tenant_id]).get(tenant_id, 0)
        if used + size_bytes > settings.STREAMER_TENANT_QUOTA_BYTES:
            raise TenantFull(used)


def settle(now: datetime) -> int:
    """Make one entry of each tenant's entries, and recount what was counted long ago."""
    due = Q(entries__gt=1) | Q(counted=None) | Q(counted__lt=now - RECOUNT_EVERY)
    tenants = StoredBytes.objects.values_list("tenant_id").annotate(entries=Count("id"), counted=Max("counted_at"))
    settled = 0
    for tenant_id, _, counted in tenants.filter(due).order_by(F("counted").asc(nulls_first=True))[:_AT_ONCE]:
        is_old = counted is None or counted < now - RECOUNT_EVERY
        settled += _recount(tenant_id, now) if is_old else _add_up(tenant_id, counted)
    return settled


def _add_up(tenant_id: str, counted_at: datetime) -> bool:
    entries = dict(StoredBytes.objects.filter(tenant_id=tenant_id).values_list("id", "size_bytes"))
    return _replace(tenant_id, list(entries), sum(entries.values()), counted_at)


def _recount(tenant_id: str, now: datetime) -> bool:
    """Count what is there. One statement sees entries and what they stand for at the same moment."""
    totals = {
        f"of_{model.__name__}": Subquery(
            model._default_manager.filter(**{tenant: tenant_id})
            .order_by()
            .values(tenant)
            .annotate(total=Sum(column))
            .values("total")
        )
        for model, column, tenant in _COUNTED
    }
    entries = list(StoredBytes.objects.filter(tenant_id=tenant_id).values_list("id", *totals.values()))
    if not entries:
        return False
    return _replace(tenant_id, [entry[0] for entry in entries], sum(total or 0 for total in entries[0][1:]), now)


def _replace(tenant_id: str, entry_ids: Collection[int], total: int, counted_at: datetime) -> bool:
    """Put one entry in the place of others. Return False where another sweeper has done so."""
    with transaction.atomic():
        deleted, _ = StoredBytes.objects.filter(id__in=entry_ids).delete()
        if deleted != len(entry_ids):
            transaction.set_rollback(True)
            return False
        StoredBytes.objects.create(tenant_id=tenant_id, size_bytes=total, counted_at=counted_at)
    return True

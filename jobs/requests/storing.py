"""The SQL of a batch of submissions: as many statements for a hundred as for one, with texts that are kept.

SQLite takes the rows one by one in a prepared INSERT. PostgreSQL takes them all at once, as JSON.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.columns import columns, each, is_waiting, item, quoted, read, saved, table
from jobs.columns import field as field_of
from jobs.models import AsyncRequest, RequestTag, StoredBytes, TenantQuota

Owner = tuple[str, str]
"""Tenant and user."""
Key = tuple[str, str, str]
"""Tenant, user and client id."""

_GIVEN = (
    *("id", "tenant_id", "user_id", "client_id", "connection_id", "action", "queue", "payload", "metadata"),
    *("stored_bytes", "priority", "estimated_seconds", "created_at", "order_at", "available_at", "changed_at"),
    *("expires_at", "cache_key", "redo_of", "limit_key", "cancel_on_disconnect", "tags", "title", "trace"),
)
_EARLIER = ("id", "tenant_id", "user_id", "client_id", "action", "payload", "status", "estimated_seconds", "title")
# No column of JSON has such a value.
_AS_THEY_ARE = (str, int, float, NoneType)
Row = Mapping[str, Any]
"""The values of the columns ``_GIVEN``. Those of all others are the model's defaults."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The room that a batch finds, as it was before the batch."""

    of_owner: dict[Owner, int] = field(default_factory=dict)
    """The number of waiting requests of each owner."""
    of_queue: dict[str, int] = field(default_factory=dict)
    """The number of requests that wait in each queue."""
    used_bytes: dict[str, int] = field(default_factory=dict)
    """The bytes that each tenant stores."""
    with_own_quota: list[str] = field(default_factory=list)
    """The tenants that have daily quotas of their own."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A request that has a client id."""

    id: UUID
    action: str
    payload: Any
    status: str
    estimated_seconds: float
    title: str


def count_waiting(
    owners: Collection[Owner], queues: Collection[str], tenant_ids: Collection[str], *, counts_bytes: bool
) -> Waiting:
    """Count what waits already, and what the tenants store and may use, in one statement."""
    names = (queues, tenant_ids if counts_bytes else (), tenant_ids)
    values = [json.dumps(list(owners)), *(json.dumps([[name] for name in some]) for some in names)]
    counts = Waiting()
    with connection.cursor() as cursor:
        cursor.execute(_count_text(), values)
        for kind, first, second, number in cursor.fetchall():
            if kind == "owner":
                counts.of_owner[first, second] = number
            elif kind == "queue":
                counts.of_queue[first] = number
            elif kind == "tenant":
                counts.used_bytes[first] = number
            else:
                counts.with_own_quota.append(first)
    return counts


def find_stored(keys: Collection[Key]) -> dict[Key | None, Stored]:
    """Find the requests that have these client ids. There is none for None."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_find_text(), [json.dumps(list(keys))])
        rows = [read(AsyncRequest, _EARLIER, row) for row in cursor.fetchall()]
    return {
        (tenant_id, user_id, client_id): Stored(
            id=request_id, action=action, payload=payload, status=status, estimated_seconds=seconds, title=title
        )
        for request_id, tenant_id, user_id, client_id, action, payload, status, seconds, title in rows
    }


def prepare(row: Row) -> Any:
    """Return the row as ``insert`` takes it. Raises ``TypeError`` for a payload that is no JSON."""
    if connection.vendor == "postgresql":
        return json.dumps({name: _plain(value) for name, value in row.items()})
    values = ((name, row[name]) for name in _GIVEN)
    return [value if isinstance(value, _AS_THEY_ARE) else saved(AsyncRequest, name, value) for name, value in values]


def insert(prepared: Sequence[Any]) -> bool:
    """Insert the rows, but for those whose id or client id is taken. Return True if there were none of those."""
    if not prepared:
        return True
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_insert_text(), [f"[{','.join(prepared)}]"])
        else:
            cursor.executemany(_insert_text(), prepared)
        return bool(cursor.rowcount == len(prepared))


def index_tags(request_ids: Collection[UUID]) -> None:
    """Enter the tags of these requests where lists look for them. An id that was not stored has none."""
    ids = [[str(saved(AsyncRequest, "id", request_id))] for request_id in request_ids]
    with connection.cursor() as cursor:
        cursor.execute(_tags_text(), [json.dumps(ids)])


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


# --- texts -----------------------------------------------------------------------------------------------------------


@cache
def _count_text() -> str:
    waits = f"SELECT count(*) FROM {table(AsyncRequest)} r WHERE {is_waiting('r')}"
    owner = f"r.tenant_id = {item('k', 0)} AND r.user_id = {item('k', 1)} AND r.parent_id IS NULL"
    total = "SELECT CAST(COALESCE(sum(size_bytes), 0) AS bigint)"
    used = f"{total} FROM {table(StoredBytes)} WHERE tenant_id = {item('k', 0)}"
    return (
        f"SELECT 'owner', {item('k', 0)}, {item('k', 1)}, ({waits} AND {owner}) FROM {each('k')} UNION ALL "
        f"SELECT 'queue', {item('k', 0)}, NULL, ({waits} AND r.queue = {item('k', 0)}) FROM {each('k')} UNION ALL "
        f"SELECT 'tenant', {item('k', 0)}, NULL, ({used}) FROM {each('k')} UNION ALL "
        f"SELECT 'quota', {item('k', 0)}, NULL, CAST(1 AS bigint) FROM {each('k')} "
        f"WHERE EXISTS (SELECT 1 FROM {table(TenantQuota)} q WHERE q.tenant_id = {item('k', 0)})"
    )


@cache
def _find_text() -> str:
    conditions = " AND ".join(f"e.{name} = {item('k', index)}" for index, name in enumerate(_EARLIER[1:4]))
    found = f"{table(AsyncRequest)} e WHERE {conditions} AND e.client_id IS NOT NULL"
    if connection.vendor == "postgresql":
        # One look at the index for each key, whatever the planner believes about the table.
        one = f"SELECT {columns(AsyncRequest, _EARLIER, 'e')} FROM {found} LIMIT 1"
        return f"SELECT {columns(AsyncRequest, _EARLIER, 'r')} FROM {each('k')} CROSS JOIN LATERAL ({one}) r"
    return f"SELECT {columns(AsyncRequest, _EARLIER, 'e')} FROM {each('k')} CROSS JOIN {found}"


@cache
def _insert_text() -> str:
    others = {
        one.attname: one.get_default()
        for one in AsyncRequest._meta.concrete_fields
        if one.attname not in _GIVEN and not one.null
    }
    constants = ", ".join(map(_literal, others.values()))
    into = f"INSERT INTO {table(AsyncRequest)} ({columns(AsyncRequest, (*_GIVEN, *others))})"
    if connection.vendor == "postgresql":
        types = ", ".join(f"{quoted(name)} {field_of(AsyncRequest, name).db_type(connection)}" for name in _GIVEN)
        source = (
            f"SELECT {columns(AsyncRequest, _GIVEN, 'x')}, {constants} FROM json_to_recordset(%s::json) AS x ({types})"
        )
    else:
        source = f"VALUES ({', '.join(['%s'] * len(_GIVEN))}, {constants})"
    return f"{into} {source} ON CONFLICT DO NOTHING"


@cache
def _tags_text() -> str:
    elements = "jsonb_array_elements_text" if connection.vendor == "postgresql" else "json_each"
    names = ("request_id", "tag", "tenant_id", "user_id", "created_at")
    request_id = f"CAST({item('k', 0)} AS {field_of(AsyncRequest, 'id').db_type(connection)})"
    return (
        f"INSERT INTO {table(RequestTag)} ({columns(RequestTag, names)}) "
        f"SELECT r.id, t.value, r.tenant_id, r.user_id, r.created_at FROM {each('k')} "
        f"CROSS JOIN {table(AsyncRequest)} r CROSS JOIN {elements}(r.tags) AS t "
        f"WHERE r.id = {request_id} AND r.tags IS NOT NULL ON CONFLICT DO NOTHING"
    )


def _literal(value: Any) -> str:
    return repr(value) if isinstance(value, int | float) else f"'{value}'"

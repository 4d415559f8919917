"""Fills an empty database with a history of finished requests and their events, in a few statements.

Half of the requests are one user's, so that its pages are full however short the history is. The others are spread over
users and tenants. Actions, statuses and days are spread evenly over all of them.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, UUIDField
from django.utils import timezone

from jobs.models import AsyncRequest, RequestEvent

TENANT, USER = "tenant-0", "user-0"
"""The owner of half of the history."""
ACTIONS = ("echo_async", "delay", "generate_report", "process_data")
SPAN = timedelta(days=6.5)
"""The time over which the history is spread. It is within the retention, so that no sweep deletes any of it."""
REST = timedelta(hours=1)
"""The time since then."""
_OWNER = "(CASE WHEN n % 2 = 0 THEN 0 ELSE n % 199 END)"
_SQLITE_CACHE_KIB = 400_000


def fill(requests: int, events: int) -> None:
    """Insert ``requests`` finished requests, each with a log of ``events``, at least one."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")
        cursor.execute(_requests(requests, events))
        cursor.execute(_events(events))
        # Production has autovacuum on PostgreSQL, and no statistics on SQLite.
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            cursor.execute("VACUUM ANALYZE")


def _requests(requests: int, events: int) -> str:
    began_at = timezone.now() - REST - SPAN
    created = _moment(began_at, f"n * {SPAN.total_seconds() / requests!r}")
    finished = _moment(began_at, f"n * {SPAN.total_seconds() / requests!r} + 20")
    status = "(CASE n / 8 % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'completed' END)"
    actions = " ".join(f"WHEN {number} THEN '{action}'" for number, action in enumerate(ACTIONS))
    values = {
        "id": _random_uuid(),
        "tenant_id": f"'tenant-' || ({_OWNER} % 20)",
        "user_id": f"'user-' || {_OWNER}",
        "client_id": "CASE WHEN n % 3 = 0 THEN 'client-' || n END",
        "connection_id": _random_uuid(),
        "action": f"CASE n / 2 % {len(ACTIONS)} {actions} END",
        "queue": "'default'",
        "payload": _json({"message": "x" * 100}),
        "estimated_seconds": "6.0",
        "status": status,
        "attempt": "1",
        "worker": "'worker-1'",
        "percentage": "100",
        "message": "'Done'",
        "last_seq": str(events),
        "result": f"CASE WHEN {status} = 'completed' THEN {_json({'rows': 100})} END",
        "error": f"CASE WHEN {status} = 'failed' THEN {_json({'code': 'PROCESSING_FAILED', 'message': 'No'})} END",
        "stored_bytes": "200",
        **dict.fromkeys(("created_at", "order_at", "available_at", "started_at", "attempt_started_at"), created),
        **dict.fromkeys(("finished_at", "changed_at"), finished),
    }
    fields = AsyncRequest._meta.local_concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    selected = ", ".join(values.get(str(field.attname)) or _default(field) for field in fields)
    return f"INSERT INTO {_table(AsyncRequest)} ({columns}) {_numbers(requests, f'SELECT {selected} FROM numbers')}"


def _events(events: int) -> str:
    last = "(CASE requests.status WHEN 'failed' THEN 'error' WHEN 'cancelled' THEN 'cancelled' ELSE 'complete' END)"
    kind = f"CASE WHEN n = {events} THEN {last} WHEN n = 1 THEN 'started' ELSE 'progress' END"
    progress = _json({"attempt": 1, "percentage": 50, "message": "Half of it"})
    data = f"CASE WHEN n = {events} THEN {_json({'attempt': 1, 'final': True})} ELSE {progress} END"
    chosen = f"SELECT requests.id, n, {kind}, {data}, 1, requests.finished_at FROM {_table(AsyncRequest)} AS requests"
    columns = "request_id, seq, type, data, attempt, created_at"
    return f"INSERT INTO {_table(RequestEvent)} ({columns}) {_numbers(events, f'{chosen} CROSS JOIN numbers')}"


def _numbers(count: int, select: str) -> str:
    """Return the SELECT over ``numbers``, a table of the numbers ``n`` from 1 to ``count``."""
    if connection.vendor == "postgresql":
        return f"WITH numbers (n) AS (SELECT generate_series(1, {count:d})) {select}"
    step = f"SELECT n + 1 FROM numbers WHERE n < {count:d}"
    return f"WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL {step}) {select}"


def _moment(start: datetime, seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"timestamptz '{start.isoformat()}' + ({seconds}) * interval '1 second'"
    unix = start.astimezone(UTC).timestamp()
    return f"strftime('%Y-%m-%d %H:%M:%f', {unix!r} + {seconds}, 'unixepoch')"


def _random_uuid() -> str:
    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"


def _json(value: Any) -> str:
    text = f"'{json.dumps(value)}'"
    return f"{text}::jsonb" if connection.vendor == "postgresql" else text


def _default(field: "Field[Any, Any]") -> str:
    """Return the default of a column that the history says nothing about."""
    value = None if field.null else field.get_default()
    if value is None:
        kind = {UUIDField: "uuid", JSONField: "jsonb", DateTimeField: "timestamptz"}.get(type(field))
        return f"NULL::{kind}" if kind and connection.vendor == "postgresql" else "NULL"
    if isinstance(field, JSONField):
        return _json(value)
    if isinstance(field, DateTimeField):
        return _moment(timezone.now(), "0")
    return f"'{value}'" if isinstance(value, str) else repr(value)


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)

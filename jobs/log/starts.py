"""The SQL of the start of a request: it is chosen, changed and logged, on PostgreSQL in one statement.

As in ``jobs.log.statements``, the texts are kept and no lock is held while Python thinks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.columns import columns, read, saved, table
from jobs.log.statements import EVENT_COLUMNS, insert_text, with_attempt
from jobs.models import AsyncRequest, LimitedStart, RequestEvent, Status

STARTED = "started"
_HEAD = ("id", "action", "tenant_id", "queue", "estimated_seconds", "limit_key")
_WANTED = {
    *("id", "tenant_id", "user_id", "client_id", "parent_id", "action", "title", "queue", "payload", "metadata"),
    *("attempt", "last_seq", "started_at", "errors_count", "resume_state", "redo_of", "limit_key", "stored_bytes"),
    *("trace", "available_at"),
}
# In the order of the model, as ``from_db`` takes them.
_READ_BACK = tuple(field.attname for field in AsyncRequest._meta.concrete_fields if field.attname in _WANTED)
_MAX_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A SELECT of at most one request: its id and what else a ``Head`` has, and if it is held back.

    One that is held back is not started, but told of.
    """

    sql: str
    values: Sequence[Any]
    notes_starts: bool = False
    """True: the start of a request with a limit key is noted, because a limit per minute counts it."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The request that was chosen."""

    action: str
    tenant_id: str
    queue: str
    estimated_seconds: float
    limit_key: str | None


@dataclass(frozen=True, kw_only=True)
class Start:
    """The attempt that is to begin."""

    worker: str
    token: UUID
    lease_until: datetime
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The outcome of a choice."""

    head: Head | None
    """None: there is none to choose, or, on SQLite, none was started."""
    row: AsyncRequest | None
    """The request, with the columns that a claim needs. None: none was started."""


def is_one_statement() -> bool:
    """Return True where choice, change and event are one statement, which needs no transaction."""
    return connection.vendor == "postgresql"


def look(choice: Choice) -> Head | None:
    """Return the request that would be chosen now. Nothing is locked."""
    with connection.cursor() as cursor:
        cursor.execute(choice.sql, choice.values)
        row = cursor.fetchone()
    return None if row is None else _head(row)


def start(choice: Choice, wanted: Start) -> Chosen:
    """Start the chosen request, unless it is held back, and log that. Call it in a transaction on SQLite."""
    now = saved(AsyncRequest, "changed_at", wanted.now)
    token = saved(AsyncRequest, "attempt_token", wanted.token)
    changes = [token, wanted.worker, saved(AsyncRequest, "lease_until", wanted.lease_until), now, now, now]
    with connection.cursor() as cursor:
        if is_one_statement():
            noted = [now] if choice.notes_starts else []
            cursor.execute(_at_once(choice.sql, choice.notes_starts), [*choice.values, *changes, now, *noted])
            row = cursor.fetchone()
            if row is None:
                return Chosen(head=None, row=None)
            head, values = row[: len(_HEAD)], row[len(_HEAD) :]
            return Chosen(head=_head(head), row=None if values[0] is None else _row(values))
        cursor.execute(_update(f"SELECT id FROM ({choice.sql}) AS head WHERE NOT is_held"), [*changes, *choice.values])
        row = cursor.fetchone()
        if row is None:
            return Chosen(head=None, row=None)
        started = _row(row)
        event = (row[0], started.last_seq, STARTED, with_attempt("{}", started.attempt), started.attempt, now)
        cursor.execute(insert_text(1), event)
        if choice.notes_starts and started.limit_key is not None:
            cursor.execute(_note("VALUES (%s, %s)"), [started.limit_key, now])
        return Chosen(head=None, row=started)


def _head(row: Sequence[Any]) -> Head:
    return Head(action=row[1], tenant_id=row[2], queue=row[3], estimated_seconds=row[4], limit_key=row[5])


def _row(values: Sequence[Any]) -> AsyncRequest:
    return AsyncRequest.from_db(connection.alias, _READ_BACK, read(AsyncRequest, _READ_BACK, values))


@lru_cache(_MAX_KEPT)
def _update(chosen: str) -> str:
    """Return the UPDATE of the request whose id the text ``chosen`` selects."""
    return (
        f"UPDATE {table(AsyncRequest)} SET status = '{Status.PROCESSING}', attempt = attempt + 1, attempt_token = %s, "
        "worker = %s, lease_until = %s, started_at = COALESCE(started_at, %s), attempt_started_at = %s, "
        "percentage = 0, message = '', last_seq = last_seq + 1, changed_at = %s "
        f"WHERE id = ({chosen}) AND status IN ('{Status.PENDING}', '{Status.RETRYING}') "
        f"AND cancel_requested_at IS NULL RETURNING {columns(AsyncRequest, _READ_BACK)}"
    )


@lru_cache(_MAX_KEPT)
def _note(source: str) -> str:
    """Return the INSERT of a start that a limit per minute counts."""
    return f"INSERT INTO {table(LimitedStart)} ({columns(LimitedStart, ('limit_key', 'started_at'))}) {source}"


@lru_cache(_MAX_KEPT)
def _at_once(choice: str, notes_starts: bool) -> str:
    noted = "SELECT limit_key, %s FROM changed WHERE limit_key IS NOT NULL"
    return (
        f"WITH head AS ({choice}), changed AS ({_update('SELECT id FROM head WHERE NOT is_held')}), "
        f"added AS (INSERT INTO {table(RequestEvent)} ({columns(RequestEvent, EVENT_COLUMNS)}) "
        f"SELECT id, last_seq, '{STARTED}', jsonb_build_object('attempt', attempt), attempt, %s FROM changed)"
        + (f", noted AS ({_note(noted)}) " if notes_starts else " ")
        + f"SELECT {columns(AsyncRequest, _HEAD, 'head')}, {columns(AsyncRequest, _READ_BACK, 'changed')} "
        "FROM head LEFT JOIN changed ON true"
    )

"""The check of a pooler, such as PgBouncer, that gives each transaction whichever connection is free."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from jobs.doctor.check import Check, of_items

_LIMITS = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "8s"}


def _faults() -> Iterator[str]:
    if connection.vendor != "postgresql" or not _is_pooled():
        return
    if not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield "cursors of the server are on: set STREAMER_DATABASE_POOLER=transaction (or DISABLE_SERVER_SIDE_CURSORS)"
    role = connection.settings_dict.get("USER") or "streamer"
    for name, limit in _LIMITS.items():
        ((value,),) = _rows("SELECT current_setting(%s)", name)
        if value == "0":
            yield f"{name} is off: ALTER ROLE {role} SET {name} = '{limit}'"


def _is_pooled() -> bool:
    """Return True if the process that answers is not the one that was connected to."""
    ((pid,),) = _rows("SELECT pg_backend_pid()")
    return bool(pid != connection.connection.info.backend_pid)


def _rows(statement: str, *values: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


CHECKS = (
    Check(
        name="pooler",
        sentence="If a pooler stands before the database, Streamer and the database's role are set for it.",
        look=lambda: of_items(_faults()),
    ),
)

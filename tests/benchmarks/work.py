"""The work of the database for a piece of code, in a unit that no other load of the machine changes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from jobs.models import Artifact, AsyncRequest, RequestEvent

_GRANULE = 20
_GROWING = {model._meta.db_table for model in (AsyncRequest, RequestEvent, Artifact)}


def work_of(run: Callable[[], object]) -> int:
    """Count the instructions of SQLite's machine, or the rows and entries that PostgreSQL reads of growing tables."""
    return _rows_read(run) if connection.vendor == "postgresql" else _instructions(run)


def _instructions(run: Callable[[], object]) -> int:
    granules = 0

    def count() -> int:
        nonlocal granules
        granules += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, _GRANULE)
    try:
        run()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return granules * _GRANULE


def _rows_read(run: Callable[[], object]) -> int:
    """Explain each statement that reads, just before it is sent. Those that write find their rows by the same means."""
    read = 0

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal read
        if re.match(r"SELECT|WITH RECURSIVE", sql) and "pg_" not in sql and "FOR UPDATE" not in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", params)
                (plans,) = cursor.fetchone()
            read += sum(_rows_of(plans if isinstance(plans, list) else json.loads(plans)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        run()
    return read


def _rows_of(plans: Any) -> Iterator[int]:
    for plan in plans:
        node = plan.get("Plan", plan)
        if node.get("Relation Name") in _GROWING:
            gone = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
            yield round((node["Actual Rows"] + gone) * node["Actual Loops"])
        yield from _rows_of(node.get("Plans", ()))

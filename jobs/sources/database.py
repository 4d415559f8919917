"""The DuckDB database of one run: it can reach the files of its source and its own scratch folder, nothing else.

The order matters. First the files are named (``allowed_paths``), then everything outside of them is closed
(``enable_external_access``), which also rules out installing, loading or attaching anything; then the configuration is
locked, so no later SQL can open it again. The allowed files can be read but not written.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from django.conf import settings

Parameters = Sequence[Any] | dict[str, Any]
THREADS = 2
_CHECK_SECONDS = 0.2


def open_database(scratch_dir: Path, readable: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """Open a new database in ``scratch_dir`` that may read the files ``readable`` (absolute paths)."""
    connection = duckdb.connect(
        str(scratch_dir / f"source-{uuid4().hex}.duckdb"),
        config={
            "memory_limit": settings.STREAMER_DUCKDB_MEMORY,
            "threads": THREADS,
            "temp_directory": str(scratch_dir / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            # Without this, the name of a Python variable in a query would be read as a table.
            "python_enable_replacements": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = [{', '.join(map(quote_text, readable))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Run one statement to its end: DuckDB takes no other while a result is unfinished. Gives all rows."""
    return connection.execute(sql, parameters).fetchall()


def fetch_watched(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters, check: Callable[[], None]
) -> list[tuple[Any, ...]]:
    """``fetch``, with a ``check`` five times a second; if that raises, the statement is interrupted."""
    with ThreadPoolExecutor(1) as pool:
        statement = pool.submit(fetch, connection, sql, parameters)
        while True:
            try:
                return statement.result(timeout=_CHECK_SECONDS)
            except TimeoutError:
                _check_or_interrupt(connection, check)


def _check_or_interrupt(connection: duckdb.DuckDBPyConnection, check: Callable[[], None]) -> None:
    try:
        check()
    except BaseException:
        connection.interrupt()
        raise


def quote_name(name: str) -> str:
    """A column or table name as SQL. The name must have been found in the source first."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text of the operator's as SQL, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"

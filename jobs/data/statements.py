"""The DuckDB database of one run, and statements in it that can be ended at any time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
from django.conf import settings

from jobs.data.duckdb_errors import raised_in_stream
from jobs.data.sandbox import open_sandbox

Parameters = Sequence[Any] | Mapping[str, Any]
T = TypeVar("T")
Tell = Callable[[float], None]
"""A function that is called with the share (0–1) of a statement that is done, which never falls."""
_CHECK_SECONDS = 0.2
_TELL_SECONDS = 0.02
_INTERRUPT_SECONDS = 0.05


def open_database(scratch_dir: Path, readable: Sequence[str], *, in_order: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a new database that spills to ``scratch_dir`` and may read the files ``readable`` (absolute paths).

    ``in_order``: joined rows come in the same order each time, more slowly.
    """
    return open_sandbox(
        scratch_dir,
        readable=readable,
        memory=settings.STREAMER_DUCKDB_MEMORY,
        disk_bytes=settings.STREAMER_DUCKDB_DISK_BYTES,
        in_order=in_order,
    )


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Run one statement to its end and return all rows. DuckDB accepts no other while a result is unfinished."""
    return connection.execute(sql, parameters).fetchall()


def fetch_watched(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Parameters,
    check: Callable[[], None],
    tell: Tell | None = None,
) -> list[tuple[Any, ...]]:
    """Do as ``fetch``, and call ``check`` five times a second. If that raises, the statement is interrupted.

    ``tell`` is called many times a second with the progress, while the statement runs.
    """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fetch, connection, sql, parameters)
        if tell is None:
            return watched(running, connection.interrupt, check)
        return watched(running, connection.interrupt, _telling(connection, check, tell), _TELL_SECONDS)


def stream_watched(
    connection: duckdb.DuckDBPyConnection, sql: str, rows: int, parameters: Parameters, check: Callable[[], None]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a SELECT in batches of about ``rows`` rows, with ``check`` as in ``fetch_watched``."""
    # A separate cursor, so that other statements do not end the open result.
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:

        def watch(call: Callable[[], T]) -> T:
            try:
                return watched(pool.submit(call), cursor.interrupt, check)
            except OSError as error:
                raise raised_in_stream(error) from error

        reader = watch(lambda: cursor.sql(sql, params=parameters or None).to_arrow_reader(rows))
        try:
            while (batch := watch(lambda: next(reader, None))) is not None:
                yield batch
        finally:
            reader.close()


def shares_watched(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters, check: Callable[[], None]
) -> Iterator[float]:
    """Run one statement, and yield the share (0–1) that is done while it runs, with ``check`` as in ``fetch_watched``.

    The shares never fall. The statement has ended when the iterator has, and is interrupted when that is closed early.
    """
    with ThreadPoolExecutor(1) as pool:
        running, told = pool.submit(fetch, connection, sql, parameters), 0.0
        try:
            while not wait([running], _TELL_SECONDS).done:
                check()
                if told < (share := connection.query_progress() / 100) <= 1:
                    told = share
                    yield share
        except BaseException:
            _end(running, connection.interrupt)
            raise
        running.result()


def watched(
    running: "Future[T]", interrupt: Callable[[], None], check: Callable[[], None], seconds: float = _CHECK_SECONDS
) -> T:
    """Return the result of ``running``.

    ``check`` is called every ``seconds``. When it raises, ``interrupt`` is called until ``running`` has ended.
    """
    while not wait([running], seconds).done:
        try:
            check()
        except BaseException:
            _end(running, interrupt)
            raise
    return running.result()


def _end(running: "Future[Any]", interrupt: Callable[[], None]) -> None:
    # More than once, because an interrupt does nothing to a statement that has not begun.
    while not wait([running], _INTERRUPT_SECONDS).done:
        interrupt()


def _telling(connection: duckdb.DuckDBPyConnection, check: Callable[[], None], tell: Tell) -> Callable[[], None]:
    """Wrap ``check`` so that it also tells the progress of the statement of ``connection``, if DuckDB knows it."""
    told = 0.0

    def look() -> None:
        nonlocal told
        check()
        share = connection.query_progress() / 100
        if told < share <= 1:
            told = share
            tell(share)

    return look

"""The result of a user's SELECT, run in a process of its own (``jobs.data.tables.queries.process``)."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import pyarrow as pa
from django.conf import settings

from jobs.contract.data_source import QuerySource
from jobs.contract.table import RowsRead
from jobs.data.datasets.store import local_copy
from jobs.data.process_limits import ENVIRONMENT, ROOT
from jobs.data.statements import watched
from jobs.data.tables.failures import loading_failures, not_there
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.queries.tenant_tables import tenant_tables
from jobs.data.tables.run_database import UNKNOWN_TOTAL_BATCH_ROWS, run_database
from jobs.errors import Permanent, Retryable

logger = logging.getLogger(__name__)

T = TypeVar("T")
_LABEL = "query"


@contextmanager
def open_query(
    source: QuerySource, tenant_id: str, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    with run_database(scratch_dir, [], check, on_rows) as database:
        with _Query(source.sql, scratch_dir, check) as query, loading_failures(_LABEL):
            names = query.tables()
            files = {name: str(local_copy(dataset, scratch_dir)) for name, dataset in tenant_tables(tenant_id, names)}
            schema, batches = query.outcome(files)
            database.load(schema, batches, None)
        yield LoadedTable(database.connection, _LABEL, check)


class _Query:
    """The process, watched: when ``check`` raises or the time is up, from its start to its last row, it is killed."""

    def __init__(self, sql: str, scratch_dir: Path, check: Callable[[], None]) -> None:
        self._check_run = check
        self._ends_at = time.monotonic() + settings.STREAMER_QUERY_SECONDS
        self._task = {
            "sql": sql,
            "folder": str(scratch_dir),
            "memory": settings.STREAMER_DUCKDB_MEMORY,
            "disk_bytes": settings.STREAMER_DUCKDB_DISK_BYTES,
            "rows": UNKNOWN_TOTAL_BATCH_ROWS,
        }

    def __enter__(self) -> "_Query":
        self._pool = ThreadPoolExecutor(1)
        self._errors: IO[bytes] = TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jobs.data.tables.queries.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env=ENVIRONMENT,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._pool.shutdown()
        for stream in (self._input, self._output, self._errors):
            # The process has ended, so the rest of its input is not needed.
            try:
                stream.close()
            except BrokenPipeError:
                continue

    def tables(self) -> list[str]:
        """Return the tables that the query names."""
        self._send(self._task)
        answer = self._watch(self._output.readline)
        if not answer:
            raise self._failure()
        return list(json.loads(answer)["tables"])

    def outcome(self, files: dict[str, str]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Run the query over ``files`` (table name → Parquet)."""
        self._send(files)
        try:
            stream = self._watch(lambda: pa.ipc.open_stream(self._output))
        except (pa.ArrowInvalid, OSError):
            raise self._failure() from None
        return stream.schema, self._batches(stream)

    def _batches(self, stream: pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
        try:
            while (batch := self._watch(lambda: next(stream, None))) is not None:
                yield batch
        except (pa.ArrowInvalid, OSError):
            raise self._failure() from None
        # A stream that is cut off between two batches looks like one that has ended.
        if self._watch(self._process.wait) != 0:
            raise self._failure()

    def _send(self, message: Any) -> None:
        def send() -> None:
            self._input.write(json.dumps(message).encode() + b"\n")
            self._input.flush()

        try:
            self._watch(send)
        except BrokenPipeError:
            raise self._failure() from None

    def _watch(self, call: Callable[[], T]) -> T:
        # Before each step, because rows that come quickly are never waited for.
        self._check()
        return watched(self._pool.submit(call), self._process.kill, self._check)

    def _check(self) -> None:
        self._check_run()
        if time.monotonic() > self._ends_at:
            raise Permanent(f"The query took longer than its limit of {settings.STREAMER_QUERY_SECONDS:g} seconds.")

    def _failure(self) -> Exception:
        """Return the error that the process wrote when it ended. No text means that its memory was not enough."""
        self._watch(self._process.wait)
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        try:
            problem = json.loads(said[-1])
        except (IndexError, ValueError):
            problem = {}
        if isinstance(problem, dict) and "refused" in problem:
            return not_there("sql", str(problem["refused"]))
        if isinstance(problem, dict) and "failed" in problem:
            logger.warning("a query failed: %s", problem["failed"])
            return Retryable("The query cannot be run at the moment.")
        return Permanent("The query needs more memory or disk than a request may use.")

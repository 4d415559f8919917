"""The process that runs one query of a user's: ``python -m jobs.data.tables.queries.process``. Needs no Django.

It is a process of its own, because a single call of a function inside DuckDB can take any amount of memory and ignore
an interrupt. This process has no environment, a memory limit, and can be killed.

It reads a line of JSON and answers with one: the tables that the query names. It reads a second line, the Parquet file
of each, and answers with the result as an Arrow stream. An error is a line of JSON on its stderr.
"""

import ctypes
import json
import resource
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.sandbox import open_sandbox
from jobs.data.tables.plain import plain_select
from jobs.data.tables.queries.rules import Refused, check_query

_BESIDES_DUCKDB_BYTES = 1024**3
_PR_SET_PDEATHSIG = 1


def main() -> int:
    task = json.loads(sys.stdin.readline())
    _limit(task["memory"])
    try:
        statement, tables = check_query(task["sql"])
        print(json.dumps({"tables": tables}), flush=True)
        files: dict[str, str] = json.loads(sys.stdin.readline() or "null")
        _run(task, statement, files)
    except (Refused, duckdb.Error, MemoryError, OSError) as error:
        kind = "memory" if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) else "refused"
        print(json.dumps({kind: str(error)}), file=sys.stderr, flush=True)
        return 1
    return 0


def _run(task: dict[str, Any], statement: str, files: dict[str, str]) -> None:
    connection, _ = open_sandbox(
        Path(task["folder"]),
        readable=list(files.values()),
        memory=task["memory"],
        disk_bytes=task["disk_bytes"],
        in_order=True,
    )
    for name, path in files.items():
        rows = f"read_parquet({quote_text(path)}, hive_partitioning = false)"
        connection.execute(f"CREATE VIEW {quote_name(name)} AS FROM {rows}")
    # As a view, because a query may end in semicolons and comments. No dataset can have this name.
    outcome = quote_name(f"outcome-{uuid4().hex}-{'x' * 64}")
    connection.execute(f"CREATE VIEW {outcome} AS {statement}")
    columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {outcome}").fetchall()}
    reader = connection.sql(plain_select(columns, outcome)).to_arrow_reader(task["rows"])
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            stream.write_batch(batch)


def _limit(memory: str) -> None:
    """Limit memory to DuckDB's limit and some for all else, forbid core files, and end with the parent."""
    [(duckdb_bytes,)] = duckdb.execute("SELECT parse_formatted_bytes(?)", [memory]).fetchall()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        most = int(duckdb_bytes) + _BESIDES_DUCKDB_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())

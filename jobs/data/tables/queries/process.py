"""The process that runs one query of a user's: ``python -m jobs.data.tables.queries.process``. Needs no Django.

It is a process of its own, because a single call of a function inside DuckDB can take any amount of memory and ignore
an interrupt. This process has no environment, a memory limit, and can be killed.

It reads a line of JSON and answers with one: the tables that the query names. It reads a second line, the Parquet file
of each, and answers with the result as an Arrow stream. An error is a line of JSON on its stderr.
"""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.duckdb_errors import OF_THE_CONTENT, raised_in_stream, reason_of
from jobs.data.process_limits import limit_this_process
from jobs.data.sandbox import open_sandbox, size_of
from jobs.data.tables.plain import plain_select
from jobs.data.tables.queries.rules import Refused, check_query

_BESIDES_DUCKDB_BYTES = 1024**3


def main() -> int:
    task = json.loads(sys.stdin.readline())
    limit_this_process(memory_bytes=size_of(task["memory"]) + _BESIDES_DUCKDB_BYTES)
    try:
        statement, tables = check_query(task["sql"])
        print(json.dumps({"tables": tables}), flush=True)
        files: dict[str, str] = json.loads(sys.stdin.readline() or "null")
        _run(task, statement, files)
    except (Refused, duckdb.Error, MemoryError, OSError) as error:
        print(json.dumps(problem_of(error)), file=sys.stderr, flush=True)
        return 1
    return 0


def problem_of(error: Exception) -> dict[str, str]:
    """Return the kind of the problem, and a text: for the user if the query is ``refused``, else for the log."""
    if isinstance(error, OSError):
        error = raised_in_stream(error)
    if isinstance(error, Refused):
        return {"refused": str(error)}
    if isinstance(error, OF_THE_CONTENT):
        return {"refused": reason_of(error)}
    return {"memory" if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) else "failed": str(error)}


def _run(task: dict[str, Any], statement: str, files: dict[str, str]) -> None:
    connection = open_sandbox(
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


if __name__ == "__main__":
    sys.exit(main())

"""The preview of a registered source: its columns and first rows. As heavy as DuckDB; import it late."""

from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connections

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.ingest.conversion import SAMPLE_ROWS, shown
from jobs.data.sources import SourceDefinition
from jobs.data.sources.failures import readable_failures
from jobs.data.statements import fetch, open_database


def source_preview(source: SourceDefinition, scratch_dir: Path) -> dict[str, Any]:
    """Build ``{columns: [{name, type}], sample}``. For a database the types of the columns are unknown.

    Raises ``HandlerError`` when the source cannot be read.
    """
    with readable_failures(source.label):
        columns, rows = _of_database(source) if source.database else _of_files(source, scratch_dir)
    names = [column["name"] for column in columns]
    return {"columns": columns, "sample": [dict(zip(names, map(shown, row), strict=True)) for row in rows]}


def _of_database(source: SourceDefinition) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    assert source.database is not None
    with connections[source.database].cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({source.query}) AS source_records LIMIT {SAMPLE_ROWS}")
        return [{"name": column[0], "type": None} for column in cursor.description], list(islice(cursor, SAMPLE_ROWS))


def _of_files(source: SourceDefinition, scratch_dir: Path) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    paths = {table: source.paths_of(table) for table in source.files}
    connection = open_database(scratch_dir, [path for listed in paths.values() for path in listed])
    with connection:
        for table, listed in paths.items():
            files = ", ".join(map(quote_text, listed))
            reading = f"{source.function_of(table)}([{files}], union_by_name = true)"
            fetch(connection, f"CREATE TEMP VIEW {quote_name(table)} AS FROM {reading}")
        query = source.query or f"SELECT * FROM {quote_name(next(iter(source.files)))}"
        described = fetch(connection, f"DESCRIBE {query}")
        # DuckDB returns times with a time zone only with pytz, so they are cast to UTC.
        selected = ", ".join(
            f"CAST({quote_name(name)} AS TIMESTAMP)" if kind.endswith("TIME ZONE") else quote_name(name)
            for name, kind, *_ in described
        )
        rows = fetch(connection, f"SELECT {selected} FROM ({query}) LIMIT {SAMPLE_ROWS}")
    return [{"name": name, "type": kind} for name, kind, *_ in described], rows

"""The preview of a registered source: its columns and first rows. As heavy as DuckDB; import it late."""

from pathlib import Path
from typing import Any

from django.db import connections

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.showing import SAMPLE_ROWS, first_rows, shown
from jobs.data.sources.definition import SourceDefinition
from jobs.data.sources.failures import readable_failures
from jobs.data.sources.far_dates import read_all_dates
from jobs.data.sources.from_files import previewed_paths
from jobs.data.statements import fetch, open_database


def source_preview(source: SourceDefinition, scratch_dir: Path) -> dict[str, Any]:
    """Build ``{columns: [{name, type}], sample}``. For a database the types of the columns are unknown.

    Raises ``HandlerError`` when the source cannot be read.
    """
    with readable_failures(source.label):
        columns, rows = _of_database(source) if source.database else _of_files(source, scratch_dir)
    return {"columns": [{"name": name, "type": kind} for name, kind in columns.items()], "sample": rows}


def _of_database(source: SourceDefinition) -> tuple[dict[str, str | None], list[dict[str, Any]]]:
    assert source.database is not None
    with connections[source.database].cursor() as cursor:
        read_all_dates(cursor)
        cursor.execute(f"SELECT * FROM ({source.query}) AS source_records LIMIT {SAMPLE_ROWS}")
        names = [column[0] for column in cursor.description]
        return dict.fromkeys(names), [dict(zip(names, map(shown, row), strict=True)) for row in cursor]


def _of_files(source: SourceDefinition, scratch_dir: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    paths = previewed_paths(source, scratch_dir)
    connection = open_database(scratch_dir, [path for listed in paths.values() for path in listed])
    with connection:
        for table, listed in paths.items():
            files = ", ".join(map(quote_text, listed))
            reading = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
            fetch(connection, f"CREATE TEMP VIEW {quote_name(table)} AS FROM {reading}")
        query = source.query or f"SELECT * FROM {quote_name(next(iter(source.files)))}"
        types = {name: str(kind) for name, kind, *_ in fetch(connection, f"DESCRIBE {query}")}
        return types, first_rows(connection, f"({query})", types)

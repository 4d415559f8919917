"""Check that a column can be cast to another type. A value that cannot is reported, not lost."""

from typing import TYPE_CHECKING, Literal

from jobs.handlers.process_data.columns import Column
from jobs.handlers.process_data.faults import OperationFault

if TYPE_CHECKING:
    from jobs.handlers.process_data.transformation.working_table import WorkingTable

CastType = Literal["text", "integer", "number", "boolean", "date", "timestamp"]
DUCKDB_TYPES: dict[CastType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


def require_castable(working: "WorkingTable", column: Column, duckdb_type: str, spoken: str) -> None:
    """Raise ``OperationFault`` with a count and an example if a value of the column cannot be cast to the type."""
    lost = f"{column.sql} IS NOT NULL AND TRY_CAST({column.sql} AS {duckdb_type}) IS NULL"
    [(count, example)] = working.fetch(f"SELECT count(*), min({column.text_sql}) FROM {working.name} WHERE {lost}")
    if count:
        values = "1 value" if count == 1 else f"{count:,} values"
        raise OperationFault(
            "column", f"{values} of '{column.name}' cannot be read as {spoken}, such as {example[:80]!r}"
        )

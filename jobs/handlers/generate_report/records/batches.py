"""Stream the records of a selection as typed batches, for the formats that list every record."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobs.handler import guard_formula_sql
from jobs.handlers.generate_report.records.columns import Column, Kind
from jobs.handlers.generate_report.records.selection import SELECTION, Selection

if TYPE_CHECKING:
    import pyarrow as pa

_BATCHES = 20
_MIN_ROWS, _MAX_ROWS = 2_048, 65_536


def stream_records(selection: Selection, *, as_csv: bool) -> Iterator["pa.RecordBatch"]:
    """Stream all records by date. Numbers, dates and booleans keep their types, everything else becomes text.

    For CSV, date-times are text too, and a text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    rows = min(_MAX_ROWS, max(_MIN_ROWS, selection.records // _BATCHES))
    cells = ", ".join(f"{_cell_sql(column, as_csv)} AS {column.sql}" for column in selection.columns.all.values())
    return selection.reader.stream(f"SELECT {cells} FROM {SELECTION}", rows)


def _cell_sql(column: Column, as_csv: bool) -> str:
    if column.type.endswith("HUGEINT"):
        return f"CAST({column.sql} AS DECIMAL(38, 0))"
    match column.kind:
        case Kind.NUMBER | Kind.DATE | Kind.BOOLEAN:
            return column.sql
        case Kind.MOMENT:
            # A spreadsheet knows no time zones, so date-times with a zone are written in UTC.
            moment = f"CAST({column.sql} AS TIMESTAMP)"
            return f"CAST({moment} AS VARCHAR)" if as_csv else moment
        case Kind.TEXT:
            text = f"CAST({column.sql} AS VARCHAR)"
    return guard_formula_sql(text) if as_csv else text

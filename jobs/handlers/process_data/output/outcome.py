"""Hold the rows that a pipeline ends with as typed batches, never all at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from jobs.handler import OpenTable
from jobs.handlers.process_data.columns import Column, Kind

_SIMPLE = frozenset((Kind.NUMBER, Kind.BOOLEAN, Kind.MOMENT))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    schema: pa.Schema
    rows: int
    batches: Callable[[int], Iterator[pa.RecordBatch]]
    """Yields all rows in batches of about the given number of rows. Each call starts again at the first row."""

    def first(self, rows: int) -> pa.RecordBatch:
        """Return the first rows, at most ``rows`` of them."""
        found, missing = list[pa.RecordBatch](), rows
        for batch in self.batches(rows):
            found.append(batch.slice(0, missing))
            missing -= found[-1].num_rows
            if not missing:
                break
        return pa.concat_batches([*found, pa.RecordBatch.from_pylist([], schema=self.schema)])


def outcome_of_table(table: OpenTable, name: str, columns: Sequence[Column], rows: int) -> Outcome:
    """Return the outcome over the database table ``name``, which has ``columns`` and ``rows``.

    Numbers, dates and booleans keep their types. A type that not every format knows becomes text.
    """
    select = f"SELECT {', '.join(f'{_cell(column)} AS {column.sql}' for column in columns)} FROM {name}"
    return Outcome(schema=_schema(table, select, columns), rows=rows, batches=lambda size: table.stream(select, size))


def _schema(table: OpenTable, select: str, columns: Sequence[Column]) -> pa.Schema:
    """Find the schema from a row that exists even if the table has none."""
    names = ", ".join(f"found.{column.sql}" for column in columns)
    one_row = f"SELECT {names} FROM (SELECT 1) AS one LEFT JOIN ({select} LIMIT 1) AS found ON true"
    return next(iter(table.stream(one_row, 1))).schema


def _cell(column: Column) -> str:
    if column.type.endswith("HUGEINT"):
        return f"CAST({column.sql} AS DECIMAL(38, 0))"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({column.sql} AS TIMESTAMP)"  # in UTC
    return column.sql if column.kind in _SIMPLE else column.text_sql

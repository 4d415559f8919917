"""The rows that a pipeline ends with, be they in DuckDB or in a data frame: typed batches, never all at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.handler import OpenTable
from jobs.handlers.process_data.columns import Column, Kind
from jobs.handlers.process_data.working import Working

if TYPE_CHECKING:
    import pandas as pd

_SIMPLE = frozenset((Kind.NUMBER, Kind.BOOLEAN, Kind.MOMENT))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    schema: pa.Schema
    rows: int
    batches: Callable[[int], Iterator[pa.RecordBatch]]
    """Gives all rows in batches of about so many. Each call begins anew."""

    def first(self, rows: int) -> pa.RecordBatch:
        """The first rows, at most so many."""
        for batch in self.batches(rows):
            return batch.slice(0, rows)
        return pa.RecordBatch.from_pylist([], schema=self.schema)


def outcome_of_table(table: OpenTable, working: Working) -> Outcome:
    """Numbers, dates and truth values keep their types; what has none that every format knows becomes text."""
    columns = list(working.columns.values())
    select = f"SELECT {', '.join(f'{_cell(column)} AS {column.sql}' for column in columns)} FROM {working.name}"
    return Outcome(
        schema=_schema(table, select, columns), rows=working.rows, batches=lambda rows: table.stream(select, rows)
    )


def outcome_of_frame(frame: "pd.DataFrame") -> Outcome:
    schema = pa.Schema.from_pandas(frame, preserve_index=False).remove_metadata()

    def batches(rows: int) -> Iterator[pa.RecordBatch]:
        for first in range(0, len(frame), rows):
            # By way of a table, because texts of a frame that was read in batches are in several pieces.
            part = pa.Table.from_pandas(frame.iloc[first : first + rows], schema=schema, preserve_index=False)
            yield from part.replace_schema_metadata(None).combine_chunks().to_batches()

    return Outcome(schema=schema, rows=len(frame), batches=batches)


def _schema(table: OpenTable, select: str, columns: Sequence[Column]) -> pa.Schema:
    """Known from a row that is there even if the table has none."""
    names = ", ".join(f"found.{column.sql}" for column in columns)
    one_row = f"SELECT {names} FROM (SELECT 1) AS one LEFT JOIN ({select} LIMIT 1) AS found ON true"
    return next(iter(table.stream(one_row, 1))).schema


def _cell(column: Column) -> str:
    if column.type.endswith("HUGEINT"):
        return f"CAST({column.sql} AS DECIMAL(38, 0))"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({column.sql} AS TIMESTAMP)"  # in UTC
    return column.sql if column.kind in _SIMPLE else column.text_sql

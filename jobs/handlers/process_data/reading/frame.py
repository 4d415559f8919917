"""Read rows into a pandas frame for the pipelines that learn."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.columns import INTEGERS, Column, Kind
from jobs.handlers.process_data.stages import Progress, Stage

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 65_536


def read_frame(table: OpenTable, names: Sequence[str], positions: Any, progress: Progress) -> "pd.DataFrame":
    """Read the named columns of the rows at ``positions`` (in ascending order), or of all rows (None).

    Decimals become floating-point numbers. Dates and times are in UTC without a time zone.
    """
    parts: list[pa.RecordBatch] = []
    for first, batch in _batches(table, names):
        after = first + batch.num_rows
        if positions is not None:
            low, high = positions.searchsorted((first, after))
            batch = batch.take(pa.array(positions[low:high] - first))
        parts.append(batch)
        text = f"Read {after:,} of {table.rows:,} rows"
        progress.report(Stage.CHOOSING, after, table.rows, text)
    # In one chunk, because pandas is slow on texts that are in several.
    frame: pd.DataFrame = pa.Table.from_batches(parts).combine_chunks().to_pandas()
    return frame


def read_column(table: OpenTable, name: str) -> "Iterator[tuple[int, pd.Series[Any]]]":
    """Read one column in batches, each with the position of its first row."""
    for first, batch in _batches(table, [name]):
        yield first, batch.to_pandas()[name]


def _batches(table: OpenTable, names: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    columns = [Column(name=name, type=table.columns[name]) for name in names]
    select = f"SELECT {', '.join(f'{_cell(column)} AS {column.sql}' for column in columns)} FROM {DATA}"
    first = 0
    for batch in table.stream(select, _BATCH_ROWS):
        yield first, batch
        first += batch.num_rows


def _cell(column: Column) -> str:
    match column.kind:
        case Kind.MOMENT:
            return f"CAST({column.sql} AS TIMESTAMP)"
        case Kind.BOOLEAN:
            return column.sql
        case Kind.NUMBER:
            is_small = column.type in INTEGERS and not column.type.endswith("HUGEINT")
            return column.sql if is_small or column.type == "FLOAT" else f"CAST({column.sql} AS DOUBLE)"
        case _:
            return column.text_sql

"""The rows as a pandas frame, for the pipelines that learn: numbers, dates, truth values and texts."""

from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.columns import INTEGERS, Column, Kind

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 65_536


def read_frame(table: OpenTable) -> "pd.DataFrame":
    """All rows, in order. Decimals become floating-point numbers, moments are in UTC without a time zone."""
    columns = [Column(name=name, type=column_type) for name, column_type in table.columns.items()]
    select = f"SELECT {', '.join(f'{_cell(column)} AS {column.sql}' for column in columns)} FROM {DATA}"
    frame: pd.DataFrame = pa.Table.from_batches(table.stream(select, _BATCH_ROWS)).to_pandas()
    return frame


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

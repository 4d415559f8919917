"""Convert rows to a frame of plain types, by the columns of the model alone.

Each row is converted on its own, so rows to be predicted are treated exactly as the training rows were.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.columns import Column, Kind

MISSING = "(missing)"
DATE_PARTS = ("day_number", "year", "month", "day", "weekday")
NUMBERS = frozenset({Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP})


def names_in_typed(position: int, column: Column) -> list[str]:
    """Name the columns that the column at ``position`` becomes in the typed frame. Users' names stay out of it."""
    if column.kind in (Kind.DATE, Kind.TIMESTAMP):
        parts = (*DATE_PARTS, "hour") if column.kind == Kind.TIMESTAMP else DATE_PARTS
        return [f"c{position}_{part}" for part in parts]
    return [f"c{position}"]


def typed_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the used ``columns`` of ``frame``: numbers as float64 with NaN, all others as texts without gaps."""
    data: dict[str, Any] = {}
    for position, column in enumerate(columns):
        names = names_in_typed(position, column)
        data.update(zip(names, _typed(frame[column.name], column), strict=True))
    return pd.DataFrame(data, index=range(len(frame)))


def count_unreadable(frame: pd.DataFrame, columns: Sequence[Column]) -> dict[str, int]:
    """Count, for each column, the values that cannot be read as the kind that the model learned from."""
    counts = {}
    for column in columns:
        if column.kind in NUMBERS:
            lost = np.isnan(_typed(frame[column.name], column)[0]) & ~values.is_missing(frame[column.name]).to_numpy()
            counts[column.name] = int(lost.sum())
    return {name: count for name, count in counts.items() if count}


def _typed(series: "pd.Series[Any]", column: Column) -> list[values.Array]:
    if column.kind == Kind.BOOLEAN:
        return [_truth(series)]
    if column.kind == Kind.NUMBER:
        return [values.numbers(series)]
    if column.kind in (Kind.DATE, Kind.TIMESTAMP):
        return _parts(values.dates(series, column.date_format), with_hour=column.kind == Kind.TIMESTAMP)
    hole = "" if column.kind == Kind.TEXT else MISSING
    return [np.array([hole if text is None else text for text in values.labels(series)], dtype=object)]


def _truth(series: "pd.Series[Any]") -> values.Array:
    known = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}
    return np.array([known.get((text or "").lower(), np.nan) for text in values.labels(series)], dtype=np.float64)


def _parts(moments: "pd.Series[Any]", *, with_hour: bool) -> list[values.Array]:
    fields = moments.dt
    day_number = (moments - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400
    parts = [day_number, fields.year, fields.month, fields.day, fields.day_of_week]
    if with_hour:
        parts.append(fields.hour + fields.minute / 60)
    return [part.to_numpy(dtype=np.float64, na_value=np.nan) for part in parts]

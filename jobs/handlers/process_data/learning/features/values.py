"""Read the values of a column (numbers, texts, dates or a mix) as numbers, labels or dates."""

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from jobs.handlers.process_data.learning.features.date_formats import (
    MIN_READABLE_SHARE,
    find_date_format,
    read_dates,
)

Series = "pd.Series[Any]"
Array = np.ndarray[Any, np.dtype[Any]]
MAX_MAGNITUDE = 1e30
"""Larger numbers are clipped: some models calculate in single precision, and with squares."""
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}|\s*$)")
_CODE = re.compile(r"\s*[+-]?0\d(?!\d?:)")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?", re.ASCII)
"""A time of day, such as 9:30 or 23:59:59.5."""
# Python's float would also take 35_20, nan and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LOOKED_AT = 1_000


def is_missing(series: "pd.Series[Any]") -> "pd.Series[bool]":
    """Mark None, NaN, NaT, and texts of nothing but spaces."""
    missing = series.isna()
    if _may_hold_texts(series):
        missing = missing | series.map(lambda value: isinstance(value, str) and not value.strip()).astype(bool)
    return missing


def is_nested(present: "pd.Series[Any]") -> bool:
    """Return True for lists, objects or bytes, which give no feature."""
    return present.dtype == object and any(
        isinstance(value, list | dict | tuple | set | np.ndarray | bytes | bytearray) for value in present
    )


def holds_booleans(present: "pd.Series[Any]") -> bool:
    if types.is_bool_dtype(present):
        return True
    return present.dtype == object and all(isinstance(value, bool | np.bool_) for value in present)


def holds_numbers(present: "pd.Series[Any]") -> bool:
    """Return True for numbers themselves, not for texts that can be read as such."""
    if types.is_numeric_dtype(present):
        return True
    return present.dtype == object and all(isinstance(value, int | float | Decimal | np.number) for value in present)


def holds_codes(present: "pd.Series[Any]") -> bool:
    """Return True for texts such as 00501, whose leading zeros count."""
    return _may_hold_texts(present) and any(isinstance(value, str) and _CODE.match(value) for value in present)


def numbers(series: "pd.Series[Any]") -> Array:
    """Convert to float64. Infinities and unreadable values become NaN; durations and times of day become seconds."""
    if types.is_numeric_dtype(series):
        found = series.to_numpy(dtype=np.float64, na_value=np.nan)
    elif types.is_timedelta64_dtype(series):
        found = series.dt.total_seconds().to_numpy(dtype=np.float64)
    elif _may_hold_texts(series):
        found = np.fromiter((_number(value) for value in series), dtype=np.float64, count=len(series))
    else:
        found = np.full(len(series), np.nan)
    return np.clip(np.where(np.isfinite(found), found, np.nan), -MAX_MAGNITUDE, MAX_MAGNITUDE)


def labels(series: "pd.Series[Any]") -> Array:
    """Convert to texts, None for a missing value. Equal numbers give equal texts, whether whole or floating-point."""
    return np.array([label(value) for value in series], dtype=object)


def label(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple | set | np.ndarray):
        return str(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, float | Decimal | np.floating) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def dates(series: "pd.Series[Any]", form: str | None = None) -> "pd.Series[Any]":
    """Convert to datetime64 in UTC without a zone; NaT for a missing, unreadable or unrepresentable date.

    Texts are in ISO 8601, or in ``form`` as ``find_date_format`` returns it.
    """
    if types.is_datetime64_any_dtype(series):
        moments = series
    elif form is not None and _may_hold_texts(series):
        moments = read_dates(series.map(_text_of_date), form)
    elif _may_hold_texts(series) and _look_like_dates(value for value in series.iloc[:_LOOKED_AT]):
        moments = pd.to_datetime(series.map(_text_of_date), format="ISO8601", utc=True, errors="coerce")
    else:
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[us]")
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return moments.astype("datetime64[us]")


def date_format(present: "pd.Series[Any]") -> str | None:
    """Return the format of texts that are dates, but not in ISO 8601."""
    if not _may_hold_texts(present):
        return None
    first = present.iloc[:_LOOKED_AT]
    if not all(isinstance(value, str) for value in first) or dates(first).notna().mean() >= MIN_READABLE_SHARE:
        return None
    return find_date_format(list(first))


def _may_hold_texts(series: "pd.Series[Any]") -> bool:
    return bool(
        series.dtype == object or types.is_string_dtype(series) or isinstance(series.dtype, pd.CategoricalDtype)
    )


def _number(value: Any) -> float:
    try:
        if isinstance(value, timedelta):
            return value.total_seconds()
        if isinstance(value, time):
            return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        if isinstance(value, str):
            return _number_of_text(value.strip())
        if isinstance(value, int | float | Decimal | np.number | np.bool_):
            return float(value)
    except (ValueError, OverflowError):
        pass
    return math.nan


def _number_of_text(text: str) -> float:
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0)
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _look_like_dates(found: Iterable[Any]) -> bool:
    present = [value for value in found if value is not None and value == value and value != ""]
    dated = sum(isinstance(value, date) or (isinstance(value, str) and bool(_DATE.match(value))) for value in present)
    return dated > 0 and dated >= 0.9 * len(present)


def _text_of_date(value: Any) -> str | None:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) and value.strip() else None

"""Infer the kind of each column for learning."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.date_formats import MIN_READABLE_SHARE

MAX_CATEGORIES = 40
"""A column with at most this number of different texts is a category: each text gets a feature of its own."""
_MIN_UNIQUE_SHARE = 0.98
_MIN_ROWS_FOR_IDENTIFIERS = 20
_MIN_WORDS_OF_TEXT = 2.5
_IDENTIFIER = re.compile(r"(^|[ _.-])(id|uuid|guid|rownum|row_number|row_id)$|^(index|unnamed: ?\d+)$")
_IDENTIFIER_IN_CAMEL_CASE = re.compile(r"[a-z]I[dD]$")


class Kind(StrEnum):
    """The kind of a column. The last four are not learned from."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    CODE = "code"
    """One of many values, such as a post code."""
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    CONSTANT = "constant"
    EMPTY = "empty"
    IDENTIFIER = "identifier"
    NESTED = "nested"


UNUSED = frozenset({Kind.CONSTANT, Kind.EMPTY, Kind.IDENTIFIER, Kind.NESTED})


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as it was in the rows that the model learned from."""

    name: str
    kind: Kind
    distinct: int
    missing: int
    date_format: str | None = None
    """The format of dates that are texts. None: ISO 8601, or no dates."""

    @property
    def is_used(self) -> bool:
        return self.kind not in UNUSED

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "date_format" or value is not None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Column":
        return cls(
            name=str(data["name"]),
            kind=Kind(data["kind"]),
            distinct=int(data["distinct"]),
            missing=int(data["missing"]),
            date_format=data.get("date_format"),
        )


def used(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.is_used)


def infer_column(series: "pd.Series[Any]", *, is_asked_for: bool = False) -> Column:
    """Infer the kind. ``is_asked_for``: the user named the column as a feature, so whole numbers are no identifiers."""
    present = series[~values.is_missing(series)]
    kind = Kind.EMPTY
    distinct, form = 0, None
    if len(present):
        if values.is_nested(present):
            kind = Kind.NESTED
        else:
            labels = values.labels(present)
            distinct = len(set(labels))
            form = values.date_format(present)
            kind = _kind_of(present, labels, distinct, is_asked_for, form)
            if distinct == 1 and len(present) == len(series):
                kind = Kind.CONSTANT
    missing = len(series) - len(present)
    form = form if kind in (Kind.DATE, Kind.TIMESTAMP) else None
    return Column(name=str(series.name), kind=kind, distinct=distinct, missing=missing, date_format=form)


def _kind_of(
    present: "pd.Series[Any]", labels: "np.ndarray[Any, Any]", distinct: int, is_asked_for: bool, form: str | None
) -> Kind:
    if values.holds_booleans(present):
        return Kind.BOOLEAN
    if (moments := values.dates(present, form)).notna().mean() >= MIN_READABLE_SHARE:
        has_time = bool((moments.dropna() != moments.dropna().dt.normalize()).any())
        return Kind.TIMESTAMP if has_time else Kind.DATE
    numbers = values.numbers(present)
    readable = ~np.isnan(numbers)
    # A numeric column is a number, however many of its values are infinite.
    are_numbers = readable.mean() >= MIN_READABLE_SHARE or (readable.any() and values.holds_numbers(present))
    if are_numbers and not values.holds_codes(present):
        whole = bool((numbers[readable] == np.floor(numbers[readable])).all())
        is_identifier = (
            whole and not is_asked_for and _is_unique(distinct, len(present)) and _has_identifier_name(present.name)
        )
        return Kind.IDENTIFIER if is_identifier else Kind.NUMBER
    if not readable.any() and values.holds_numbers(present):
        return Kind.EMPTY  # only infinities
    words = float(np.mean([len(label.split()) for label in labels[:2_000]]))
    if words >= _MIN_WORDS_OF_TEXT and distinct > MAX_CATEGORIES:
        return Kind.TEXT
    if _is_unique(distinct, len(present)):
        return Kind.IDENTIFIER if words < _MIN_WORDS_OF_TEXT else Kind.TEXT
    return Kind.CATEGORY if distinct <= MAX_CATEGORIES else Kind.CODE


def _is_unique(distinct: int, rows: int) -> bool:
    return rows >= _MIN_ROWS_FOR_IDENTIFIERS and distinct >= _MIN_UNIQUE_SHARE * rows


def _has_identifier_name(name: object) -> bool:
    text = str(name).strip()
    return bool(_IDENTIFIER.search(text.lower()) or _IDENTIFIER_IN_CAMEL_CASE.search(text))

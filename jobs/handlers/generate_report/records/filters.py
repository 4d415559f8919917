"""Turn a payload's filters into a SQL condition with bound parameters."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.handler import Permanent, moment_of_text_sql
from jobs.handlers.generate_report.payload import Filters
from jobs.handlers.generate_report.records.columns import Column, Columns, Kind, require_columns
from jobs.handlers.generate_report.wording import Words

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
FetchOne = Callable[[str, dict[str, Any]], Any]
"""Runs a SELECT with named parameters and returns the first value of the first row."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    sql: str = "true"
    parameters: dict[str, Any] = field(default_factory=dict)


def build_condition(filters: Filters, columns: Columns, fetch_one: FetchOne) -> Condition:
    """Build the condition. Raises ``Permanent`` for an unknown column, and for a value that its column cannot hold."""
    require_columns(columns.all, list(filters))
    parameters: dict[str, Any] = {}
    terms: list[str] = []
    for name, wanted in filters.items():
        column, choices = columns.all[name], []
        for value in wanted if isinstance(wanted, list) else [wanted]:
            key = f"filter_{len(parameters)}"
            parameters[key] = _as_text(value)
            _require_fit(column, value, parameters[key], fetch_one)
            choices.append(_value_sql(column, f"${key}"))
        terms.append(f"CAST({column.sql} AS {_comparable(column)}) IN ({', '.join(choices)})")
    return Condition(sql=" AND ".join(terms) or "true", parameters=parameters)


def describe_filters(filters: Filters, words: Words) -> list[str]:
    """Describe the filters for people: ``region is North or West``."""
    return [
        f"{words.name_column(name)} is {' or '.join(map(_as_text, wanted if isinstance(wanted, list) else [wanted]))}"
        for name, wanted in filters.items()
    ]


def _comparable(column: Column) -> str:
    if column.kind is Kind.MOMENT:
        return "TIMESTAMP"  # in UTC
    return "VARCHAR" if column.kind is Kind.TEXT else column.type


def _value_sql(column: Column, text: str) -> str:
    """Return SQL for a filter's value in the type that ``_comparable`` names, NULL if it does not fit."""
    if column.kind in (Kind.DATE, Kind.MOMENT):
        moment = moment_of_text_sql(f"CAST({text} AS VARCHAR)")
        # A time of day is on no column of days.
        return (
            f"CASE WHEN {moment} = CAST({moment} AS DATE) THEN CAST({moment} AS DATE) END"
            if (column.kind is Kind.DATE)
            else moment
        )
    return f"TRY_CAST({text} AS {_comparable(column)})"


def _require_fit(column: Column, value: Any, text: str, fetch_one: FetchOne) -> None:
    fits = _value_sql(column, "$text")
    # DuckDB alone would also take 35_20 and nan for numbers.
    is_written = column.kind is not Kind.NUMBER or _NUMBER.fullmatch(text) is not None
    # The second comparison, because a cast alone would round 1.5 to 2 for a column of whole numbers.
    exact = f"{fits} = TRY_CAST($text AS DOUBLE)" if column.kind is Kind.NUMBER else f"{fits} IS NOT NULL"
    if not is_written or not fetch_one(f"SELECT coalesce({exact}, false)", {"text": text}):
        raise Permanent(
            f"The filter on '{column.name}' asks for {value!r}, which a column of type {column.type} cannot hold.",
            details={"column": column.name, "value": value, "type": column.type},
        )


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

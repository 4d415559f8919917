"""Find the columns of ``group_by`` among those of the records."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.handler import Permanent
from jobs.handlers.generate_report.records.columns import Column, Columns, Kind

PARTS = {
    "year": "strftime({moment}, '%Y')",
    "quarter": "strftime({moment}, '%Y') || '-Q' || quarter({moment})",
    "month": "strftime({moment}, '%Y-%m')",
    "week": "strftime({moment}, '%G-W%V')",
    "day": "strftime({moment}, '%Y-%m-%d')",
    "weekday": "dayname({moment})",
    "hour": "strftime({moment}, '%H:00')",
}
"""Part of a date → SQL over a timestamp."""


@dataclass(frozen=True, kw_only=True)
class GroupColumn:
    """A column, or a part of a date, by which records are grouped."""

    name: str
    column: Column
    sql: str
    """An expression that gives a text or NULL."""


def find_group_columns(names: Sequence[str], columns: Columns) -> list[GroupColumn]:
    """Find the columns. Raises ``Permanent``, listing the existing columns, for an unknown name."""
    return [_find(name, columns) for name in names]


def _find(name: str, columns: Columns) -> GroupColumn:
    if name in columns.all:
        column = columns.all[name]
        moment = column.kind is Kind.MOMENT
        sql = f"CAST(CAST({column.sql} AS TIMESTAMP) AS VARCHAR)" if moment else f"CAST({column.sql} AS VARCHAR)"
        return GroupColumn(name=name, column=column, sql=sql)
    base, _, part = name.rpartition(".")
    if part in PARTS and base in _dates(columns):
        column = columns.all[base]
        sql = columns.moment_sql if column.name == columns.date.name else column.sql
        moment_sql = f"CAST({sql} AS TIMESTAMP)"
        return GroupColumn(name=name, column=column, sql=PARTS[part].format(moment=moment_sql))
    dates = [f"{date}.{{{'|'.join(PARTS)}}}" for date in _dates(columns)]
    raise Permanent(
        f"There is no column '{name}' to group by. There are: {', '.join(columns.all)}; "
        f"and parts of dates: {', '.join(dates)}.",
        details={"missing": [name], "columns": list(columns.all), "date_columns": _dates(columns)},
    )


def _dates(columns: Columns) -> list[str]:
    """List the columns that have date parts: dates, date-times and the report's date column."""
    return [
        name
        for name, column in columns.all.items()
        if column.kind in (Kind.DATE, Kind.MOMENT) or name == columns.date.name
    ]

"""Read the tables of a source, so that its records can be queried."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from jobs.handler import OpenSource, format_counted
from jobs.handlers.generate_report.comparison import Days
from jobs.handlers.generate_report.records.columns import (
    DIGITS_OF_FLOATS,
    MAX_DECIMALS,
    MIN_DECIMALS,
    Columns,
    find_columns,
)
from jobs.handlers.generate_report.stages import WHOLE, Progress, Share, Stage
from jobs.handlers.generate_report.wording import Words, words_of

_DIGITS_OF_SUMS = 2


@dataclass(frozen=True, kw_only=True)
class Records:
    """All records read from one or several sources, including days that the report does not cover."""

    reader: OpenSource
    query: str
    """A SELECT over the records."""
    columns: Columns
    label: str
    """The source's name for people."""
    description: str
    words: Words
    names: tuple[str, ...] = ()
    """The names of the sources, if the records are of several."""
    notes: tuple[str, ...] = ()
    """Sentences for people about values that count as missing, where the records have them no more."""


def read_source(
    reader: OpenSource,
    days: Days,
    progress: Progress,
    *,
    share: Share = WHOLE,
    check_columns: Callable[[Columns], object] = lambda columns: None,
) -> Records:
    """Read the tables. ``check_columns`` gets the columns before that, so that it can raise ``Permanent`` early."""
    tables = reader.open_tables(days.first, days.last)
    check_columns(_columns_of(reader))
    total, before = sum(table.total for table in tables), 0
    for table in tables:
        name = table.name.replace("_", " ")
        for rows in reader.load(table):
            progress.report(
                Stage.QUERYING,
                before + rows,
                total,
                f"Reading {name}: {rows:,} of {format_counted(table.total, 'row')}",
                share=share,
                source=reader.source.name,
                table=table.name,
                rows_read=rows,
                rows_total=table.total,
            )
        before += table.total
    # Asked again: later rows of a database may have widened the types of its columns.
    columns = _columns_of(reader)
    return Records(
        reader=reader,
        query=reader.records_query,
        columns=replace(columns, decimals=_decimals_of(reader, columns)),
        label=reader.source.label,
        description=reader.source.description,
        words=words_of(reader.source),
    )


def _columns_of(reader: OpenSource) -> Columns:
    source = reader.source
    return find_columns(
        reader.columns(), date=source.date, value=source.value, category=source.category, region=source.region
    )


def _decimals_of(reader: OpenSource, columns: Columns) -> int:
    """Return the decimals that leave the largest value no more digits than floating point keeps."""
    digits = DIGITS_OF_FLOATS.get(columns.value.type)
    if digits is None:
        return MIN_DECIMALS
    [(largest,)] = reader.fetch(f"SELECT max(abs({columns.value_sql})) FROM ({reader.records_query})")
    before_point = math.floor(math.log10(largest)) + 1 if largest else 0
    wanted = max(MIN_DECIMALS, min(MAX_DECIMALS, digits - before_point))
    # A number has 38 digits in all, and a sum has some more before the point than each value.
    return max(0, min(wanted, 38 - before_point - _DIGITS_OF_SUMS))

"""Combine the records of several sources, with the columns that all of them have in common.

Each source is read into a database of its own, one after the other. Its records are streamed from there into one
table of the first source's database. They are not joined: no column links the records of two sources, and totals
would count the same value more than once.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from jobs.handler import OpenSource, format_counted, unusable_notes, unusable_sql
from jobs.handlers.generate_report.comparison import Days
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.records.columns import (
    DIGITS_OF_FLOATS,
    MIN_DECIMALS,
    Columns,
    Kind,
    find_columns,
    require_columns,
)
from jobs.handlers.generate_report.records.group_by import find_group_columns
from jobs.handlers.generate_report.records.source import Records, read_source
from jobs.handlers.generate_report.stages import WHOLE, Progress, Share, Stage
from jobs.handlers.generate_report.wording import words_of_several

SOURCE = "source"
"""The column that names the source of a record."""
NAMES = ("date", "value", "category", "region", SOURCE)
_SOURCE_RECORDS, _ALL_RECORDS = "report.source_records", "report.all_records"
_MAX_DECIMALS = 12
_BATCHES, _MIN_ROWS, _MAX_ROWS = 20, 2_000, 100_000
_READ_SHARE = 0.7
"""The part of a source's share that is done when its tables are read."""


def require_union_columns(payload: ReportPayload) -> None:
    """Raise ``Permanent`` before anything is read if a filter or a group names no column of the union."""
    types = {"date": "TIMESTAMP", "value": "DECIMAL(38,2)", **dict.fromkeys(NAMES[2:], "VARCHAR")}
    columns = find_columns(types, date="date", value="value", category="category", region="region")
    require_columns(columns.all, list(payload.filters))
    find_group_columns(payload.group_by, columns)


def combine_sources(
    first: OpenSource, others: Sequence[AbstractContextManager[OpenSource]], days: Days, progress: Progress
) -> Records:
    """Read all sources. Each of ``others`` is opened when it is its turn and closed after it."""
    columns = f"date TIMESTAMP, value DECIMAL(38, {_MAX_DECIMALS}), category VARCHAR, region VARCHAR, source VARCHAR"
    first.fetch("CREATE SCHEMA report")
    first.fetch(f"CREATE TABLE {_ALL_RECORDS} ({columns})")
    count = len(others) + 1
    shares = [WHOLE.part(number / count, (number + 1) / count) for number in range(count)]
    found, sources = [_add(first, first, columns, days, progress, shares[0])], [first.source]
    notes = _value_notes(first, found[0])
    for opening, share in zip(others, shares[1:], strict=True):
        with opening as other:
            other.fetch("CREATE SCHEMA report")
            found.append(_add(first, other, columns, days, progress, share))
            sources.append(other.source)
            notes += _value_notes(other, found[-1])
    query = _query(found)
    types = {name: column_type for name, column_type, *_ in first.fetch(f"DESCRIBE {query}")}
    region = "region" if any(columns.region for columns in found) else None
    words, unit_notes = words_of_several(sources)
    return Records(
        reader=first,
        query=query,
        columns=find_columns(types, date="date", value="value", category="category", region=region),
        label=" + ".join(source.label for source in sources),
        description=f"The records of {count} sources together: their date, value, category and region.",
        names=tuple(source.name for source in sources),
        words=words,
        notes=(*unit_notes, *notes),
    )


def _value_notes(reader: OpenSource, columns: Columns) -> list[str]:
    """Count the values of a source that the table of all records does not have, since they count as missing."""
    condition = unusable_sql(columns.value.sql, columns.value.type)
    if condition is None:
        return []
    name = f"{reader.source.label}: {columns.value.name}"
    [(count,)] = reader.fetch(f"SELECT count(*) FROM ({reader.records_query}) WHERE {condition}")
    return unusable_notes({name: count}, {name: columns.value.type})


def _add(first: OpenSource, other: OpenSource, columns: str, days: Days, progress: Progress, share: Share) -> Columns:
    """Add the records of ``other`` to the table of ``first``; return the columns of ``other``."""
    records = read_source(other, days, progress, share=share.part(0, _READ_SHARE))
    other.fetch(f"CREATE TABLE {_SOURCE_RECORDS} ({columns})")
    found = records.columns
    region = f"CAST({found.region.sql} AS VARCHAR)" if found.region else "NULL"
    insert = (
        f"INSERT INTO {_SOURCE_RECORDS} SELECT CAST({found.moment_sql} AS TIMESTAMP), {found.amount_sql}, "
        f"CAST({found.category.sql} AS VARCHAR), {region}, $source "
        f"FROM ({records.query}) WHERE {found.moment_sql} >= $first AND {found.moment_sql} < $after"
    )
    parameters = {"source": other.source.name, "first": days.first, "after": days.last + timedelta(days=1)}
    total = other.fetch(insert, parameters)[0][0]
    size = min(_MAX_ROWS, max(_MIN_ROWS, total // _BATCHES))
    for rows in first.take(_ALL_RECORDS, other.stream(f"SELECT * FROM {_SOURCE_RECORDS}", size)):
        progress.report(
            Stage.QUERYING,
            rows,
            total,
            f"Added {rows:,} of {format_counted(total, 'record')} of {other.source.label}",
            share=share.part(_READ_SHARE, 1),
            source=other.source.name,
            records_added=rows,
            records_total=total,
        )
    other.fetch(f"DROP TABLE {_SOURCE_RECORDS}")
    return found


def _query(found: Sequence[Columns]) -> str:
    """Return the query over all records. Dates without a time stay dates, and no decimals are added to the values."""
    date = "CAST(date AS DATE)" if all(columns.date.kind is Kind.DATE for columns in found) else "date"
    decimals = max(map(_decimals, found))
    return (
        f"SELECT {date} AS date, CAST(value AS DECIMAL(38, {decimals})) AS value, category, region, source "
        f"FROM {_ALL_RECORDS}"
    )


def _decimals(columns: Columns) -> int:
    of_type = columns.value.type
    if of_type in DIGITS_OF_FLOATS:
        # Only values below 1 need more of them.
        is_small = columns.decimals > DIGITS_OF_FLOATS[of_type]
        return min(_MAX_DECIMALS if is_small else MIN_DECIMALS, columns.decimals)
    return min(_MAX_DECIMALS, int(of_type.split(",")[1].rstrip(") "))) if of_type.startswith("DECIMAL") else 0

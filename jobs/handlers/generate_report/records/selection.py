"""Select the records of a report into one table: those of its days that pass its filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from jobs.handler import OpenSource, format_counted, unusable_notes, unusable_sql, usable_sql
from jobs.handlers.generate_report.comparison import Days
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.records.columns import Column, Columns
from jobs.handlers.generate_report.records.filters import Condition, build_condition
from jobs.handlers.generate_report.records.group_by import GroupColumn, find_group_columns
from jobs.handlers.generate_report.records.source import Records
from jobs.handlers.generate_report.stages import Progress, Stage

SELECTION = "report.selection"
_SLICES = 6
"""More of them would make progress steadier, but each reads all records."""


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The payload's filters and groups, resolved to columns."""

    condition: Condition
    group_columns: list[GroupColumn]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The records of a report, in the table ``report.selection`` of the reader's database, by date."""

    reader: OpenSource
    columns: Columns
    group_columns: list[GroupColumn]
    records: int
    all: Records
    condition: Condition
    notes: list[str]
    """Sentences for people about values that count as missing."""

    def fetch_days(self, what: str, days: Days) -> list[tuple[Any, ...]]:
        """SELECT ``what`` for each day of ``days``, with the same filters; the day is the first column."""
        moment = self.columns.moment_sql
        return self.reader.fetch(
            f"SELECT CAST({moment} AS DATE), {what} FROM ({self.all.query}) "
            f"WHERE {self.condition.sql} AND {_days_condition(self.columns)} GROUP BY 1",
            _parameters(days.first, days.last, self.condition),
        )


def resolve_criteria(reader: OpenSource, payload: ReportPayload, columns: Columns) -> Criteria:
    """Resolve filters and groups. Raises ``Permanent`` for an unknown column, or a value it cannot hold."""

    def fetch_one(sql: str, parameters: dict[str, Any]) -> Any:
        return reader.fetch(sql, parameters)[0][0]

    return Criteria(
        condition=build_condition(payload.filters, columns, fetch_one),
        group_columns=find_group_columns(payload.group_by, columns),
    )


def select_records(records: Records, payload: ReportPayload, progress: Progress) -> Selection:
    """Select the records. A PDF gets only the columns that its figures need, the other formats all of them."""
    reader, columns = records.reader, records.columns
    criteria = resolve_criteria(reader, payload, columns)
    exported = _figure_columns(columns, criteria) if payload.format == "pdf" else list(columns.all.values())
    selected = _fill(records, payload, criteria.condition, exported, progress)
    notes = [*records.notes, *_blank_unusable(reader, exported)]
    return Selection(
        reader=reader,
        columns=columns,
        group_columns=criteria.group_columns,
        records=selected,
        all=records,
        condition=criteria.condition,
        notes=notes,
    )


def _blank_unusable(reader: OpenSource, columns: list[Column]) -> list[str]:
    """Set selected values that count as missing to NULL; return notes that count them."""
    found = {column: sql for column in columns if (sql := unusable_sql(column.sql, column.type)) is not None}
    if not found:
        return []
    counted = ", ".join(f"count(*) FILTER ({sql})" for sql in found.values())
    [counts] = reader.fetch(f"SELECT {counted} FROM {SELECTION}")
    cells = [
        f"{column.sql} = {usable_sql(column.sql, column.type)}"
        for column, count in zip(found, counts, strict=True)
        if count
    ]
    if cells:
        reader.fetch(f"UPDATE {SELECTION} SET {', '.join(cells)}")
    named = {column.name: count for column, count in zip(found, counts, strict=True)}
    return unusable_notes(named, {column.name: column.type for column in columns})


def _fill(
    records: Records, payload: ReportPayload, condition: Condition, exported: list[Column], progress: Progress
) -> int:
    """Fill the table in slices of days, so that no sort is large; return the number of records."""
    reader, moment = records.reader, records.columns.moment_sql
    names = ", ".join(column.sql for column in exported)
    matching = f"FROM ({records.query}) WHERE {condition.sql} AND {_days_condition(records.columns)}"
    slices = list(_slices(payload))
    counts = _count_slices(reader, moment, matching, slices, condition)
    done, total = 0, sum(counts)
    reader.fetch("CREATE SCHEMA IF NOT EXISTS report")
    reader.fetch(f"CREATE TABLE {SELECTION} AS SELECT {names} FROM ({records.query}) LIMIT 0")
    # By all columns; otherwise records of the same time would come in a different order each run.
    others = [column.sql for column in exported if column.sql != moment]
    insert = f"INSERT INTO {SELECTION} SELECT {names} {matching} ORDER BY {', '.join([moment, *others])}"

    def report(share: float, before: int, count: int) -> None:
        processed = before + int(share * count)
        progress.report(
            Stage.PROCESSING,
            processed,
            total,
            f"Processed {processed:,} of {format_counted(total, 'record')}",
            records_processed=processed,
            records_total=total,
        )

    for (first, last), count in zip(slices, counts, strict=True):
        on_share = partial(report, before=done, count=count)
        done += reader.fetch(insert, _parameters(first, last, condition), on_share=on_share)[0][0]
        report(0, done, 0)
    return done


def _count_slices(
    reader: OpenSource, moment: str, matching: str, slices: Sequence[tuple[date, date]], condition: Condition
) -> Sequence[int]:
    parameters = _parameters(slices[0][0], slices[-1][1], condition)
    parameters |= {f"slice_{at}": last + timedelta(days=1) for at, (_, last) in enumerate(slices)}
    counted = ", ".join(f"count(*) FILTER ({moment} < $slice_{at})" for at in range(len(slices)))
    [until] = reader.fetch(f"SELECT {counted} {matching}", parameters)
    return [count - before for count, before in zip(until, (0, *until), strict=False)]


def _days_condition(columns: Columns) -> str:
    return f"{columns.moment_sql} >= $first AND {columns.moment_sql} < $after"


def _parameters(first: date, last: date, condition: Condition) -> dict[str, Any]:
    return {"first": first, "after": last + timedelta(days=1), **condition.parameters}


def _slices(payload: ReportPayload) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of up to six slices of the range."""
    size = -(-payload.days // _SLICES)
    for start in range(0, payload.days, size):
        first = payload.start_date + timedelta(days=start)
        yield first, min(payload.end_date, first + timedelta(days=size - 1))


def _figure_columns(columns: Columns, criteria: Criteria) -> list[Column]:
    columns_used = [columns.date, columns.value, columns.category, columns.region, columns.all.get("source")]
    columns_used += [group.column for group in criteria.group_columns]
    return list({column.name: column for column in columns_used if column}.values())

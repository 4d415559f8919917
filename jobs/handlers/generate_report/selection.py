"""Gets the records of a report: reads the source's tables, joins and filters them into one table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.handler import OpenSource, SourceTable
from jobs.handlers.generate_report.columns import Column, Columns, find_columns
from jobs.handlers.generate_report.filters import Condition, build_condition
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.stages import Progress, Stage

SELECTION = "report.selection"
_SLICES = 30


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The records of a report, in the table ``report.selection`` of the reader's database, by date."""

    reader: OpenSource
    columns: Columns
    records: int


def select_records(reader: OpenSource, payload: ReportPayload, progress: Progress) -> Selection:
    """Read and join. A PDF needs four columns of a record only; the other formats get them all."""
    source = reader.source
    tables = reader.open_tables(payload.start_date, payload.end_date)
    columns = find_columns(
        reader.columns(), date=source.date, value=source.value, category=source.category, region=source.region
    )
    condition = build_condition(payload.filters, columns, lambda sql, parameters: reader.fetch(sql, parameters)[0][0])
    _read_tables(reader, tables, progress)
    if source.database:
        # Later rows of a database may have widened the types of its columns.
        columns = find_columns(
            reader.columns(), date=source.date, value=source.value, category=source.category, region=source.region
        )
    wanted = _needed_for_figures(columns) if payload.format == "pdf" else list(columns.all.values())
    records = _join(reader, payload, columns, wanted, condition, progress)
    return Selection(reader=reader, columns=columns, records=records)


def _read_tables(reader: OpenSource, tables: Sequence[SourceTable], progress: Progress) -> None:
    total, before = sum(table.total for table in tables), 0
    for table in tables:
        spoken = table.name.replace("_", " ")
        for rows in reader.load(table):
            progress.report(
                Stage.QUERYING,
                before + rows,
                total,
                f"Read {rows:,} of {table.total:,} {spoken}",
                table=table.name,
                rows_read=rows,
                rows_total=table.total,
            )
        before += table.total


def _join(
    reader: OpenSource,
    payload: ReportPayload,
    columns: Columns,
    wanted: list[Column],
    condition: Condition,
    progress: Progress,
) -> int:
    """Fill the table slice by slice of the days, so that none takes long; returns the number of records."""
    names = ", ".join(column.sql for column in wanted)
    records = f"FROM ({reader.records_query}) WHERE {condition.sql}"
    in_days = f"{columns.moment_sql} >= $first AND {columns.moment_sql} < $after"
    whole = _parameters(payload.start_date, payload.end_date, condition)
    total = reader.fetch(f"SELECT count(*) {records} AND {in_days}", whole)[0][0]
    reader.fetch("CREATE SCHEMA report")
    reader.fetch(f"CREATE TABLE {SELECTION} AS SELECT {names} FROM ({reader.records_query}) LIMIT 0")
    done = 0
    for first, last in _slices(payload):
        insert = f"INSERT INTO {SELECTION} SELECT {names} {records} AND {in_days} ORDER BY {columns.moment_sql}"
        done += reader.fetch(insert, _parameters(first, last, condition))[0][0]
        progress.report(
            Stage.PROCESSING,
            done,
            total,
            f"Processed {done:,} of {total:,} records",
            records_processed=done,
            records_total=total,
        )
    return done


def _parameters(first: date, last: date, condition: Condition) -> dict[str, Any]:
    return {"first": first, "after": last + timedelta(days=1), **condition.parameters}


def _slices(payload: ReportPayload) -> Iterator[tuple[date, date]]:
    """First and last day of up to thirty slices of the range."""
    size = -(-payload.days // _SLICES)
    for start in range(0, payload.days, size):
        first = payload.start_date + timedelta(days=start)
        yield first, min(payload.end_date, first + timedelta(days=size - 1))


def _needed_for_figures(columns: Columns) -> list[Column]:
    needed = (columns.date, columns.value, columns.category, columns.region)
    return list({column.name: column for column in needed if column}.values())

"""Rows of a query over a Django database, streamed in chunks into Arrow batches."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import pyarrow as pa
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from jobs.data.sources.definition import SINGLE_TABLE, SourceDefinition
from jobs.data.sources.far_dates import far_array, read_all_dates
from jobs.data.sources.incoming import IncomingTable, rows_per_batch


def database_table(source: SourceDefinition, days: tuple[date, date] | None) -> IncomingTable:
    """Read the rows of the source's query over its Django database in chunks; of all days if ``days`` is None.

    On PostgreSQL the cursor is a server-side one, so neither side holds the whole result.
    """
    assert source.database is not None
    database = connections[source.database]
    column = database.ops.quote_name(source.date)
    # The driver formats parameters with %, so each % of the query itself is doubled.
    query = str(source.query).replace("%", "%%")
    rows = f"FROM ({query}) AS source_records"
    parameters: tuple[Any, ...] = ()
    if days:
        rows += f" WHERE {column} >= %s AND {column} < %s"
        parameters = (days[0], days[1] + timedelta(days=1))
    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {rows}", parameters)
        total = int(cursor.fetchone()[0])
    batches = _fetched(database, f"SELECT * {rows}", parameters, source, rows_per_batch(total))
    first = next(batches)
    return IncomingTable(name=SINGLE_TABLE, total=total, schema=first.schema, batches=chain([first], batches))


def _fetched(
    database: BaseDatabaseWrapper, sql: str, parameters: tuple[Any, ...], source: SourceDefinition, size: int
) -> Iterator[pa.RecordBatch]:
    """Yield at least one batch, an empty one when there are no rows."""
    with database.chunked_cursor() as cursor:
        read_all_dates(cursor)
        cursor.execute(sql, parameters)
        rows = cursor.fetchmany(size)
        names = [column[0] for column in cursor.description]
        yield _batch(names, rows, source)
        while rows := cursor.fetchmany(size):
            yield _batch(names, rows, source)


def _batch(names: list[str], rows: list[tuple[Any, ...]], source: SourceDefinition) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.RecordBatch.from_arrays(
        [_array(name, list(values), source) for name, values in zip(names, columns, strict=True)], names
    )


def _array(name: str, values: list[Any], source: SourceDefinition) -> pa.Array:
    values = [None if _is_no_number(value) else value for value in values]
    if (array := far_array(values)) is not None:
        return array
    try:
        array = pa.array(values)
        if pa.types.is_decimal256(array.type):  # DuckDB has 38 digits at most
            array = array.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # Values without an Arrow type, such as UUIDs, JSON and mixtures, are carried as text.
        array = pa.array([None if value is None else str(value) for value in values])
    if not pa.types.is_null(array.type):
        return array
    untyped = {source.value: pa.decimal128(38, 2), source.date: pa.timestamp("us")}
    return array.cast(untyped.get(name, pa.string()))


def _is_no_number(value: Any) -> bool:
    """Tell if it is the NaN or an infinity of PostgreSQL's numeric, for which a column of decimals has no place."""
    return isinstance(value, Decimal) and not value.is_finite()

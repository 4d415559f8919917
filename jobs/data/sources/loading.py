"""Loads a table into a DuckDB database: batch by batch, or in one statement that tells its progress."""

from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa

from jobs.contract.quoting import quote_name
from jobs.data.sources.incoming import IncomingTable
from jobs.data.statements import fetch, shares_watched

_BATCH = "incoming_batch"


def create_empty(connection: duckdb.DuckDBPyConnection, table: IncomingTable) -> None:
    """Create ``table`` with its columns and no rows."""
    connection.register(_BATCH, table.schema.empty_table())
    fetch(connection, f"CREATE TABLE {quote_name(table.name)} AS FROM {_BATCH}")


def load_batches(
    connection: duckdb.DuckDBPyConnection, table: IncomingTable, check: Callable[[], None]
) -> Iterator[int]:
    """Insert the rows into the table of ``create_empty``. Yield the number read so far, again and again."""
    if table.select is not None:
        sql, parameters = table.select
        for share in shares_watched(
            connection, f"INSERT INTO {quote_name(table.name)} BY NAME {sql}", parameters, check
        ):
            yield int(share * table.total)
        yield table.total
        return
    schema, rows = table.schema, 0
    for batch in table.batches:
        check()
        if batch.schema != schema:
            schema = _widen(connection, table.name, schema, batch.schema)
        insert(connection, quote_name(table.name), batch)
        rows += batch.num_rows
        yield rows


def insert(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.RecordBatch) -> None:
    """Insert a batch. ``table`` is SQL."""
    connection.register(_BATCH, pa.Table.from_batches([batch]))
    fetch(connection, f"INSERT INTO {table} BY NAME FROM {_BATCH}")


def _widen(connection: duckdb.DuckDBPyConnection, table: str, old: pa.Schema, new: pa.Schema) -> pa.Schema:
    """Widen the columns for types that earlier batches did not need. Return the schema that holds both."""
    schema = pa.schema([pa.field(field.name, _wider(field.type, new.field(field.name).type)) for field in old])
    connection.register(_BATCH, schema.empty_table())
    types = fetch(connection, f"DESCRIBE FROM {_BATCH}")
    for field, (name, column_type, *_) in zip(old, types, strict=True):
        if schema.field(name).type != field.type:
            fetch(
                connection,
                f"ALTER TABLE {quote_name(table)} ALTER COLUMN {quote_name(name)} SET DATA TYPE {column_type}",
            )
    return schema


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other:
        return one
    pair = [pa.schema([pa.field("column", data_type)]) for data_type in (one, other)]
    try:
        wider = pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except pa.ArrowTypeError:
        return pa.string()
    return pa.float64() if pa.types.is_decimal256(wider) else wider  # DuckDB has 38 digits at most

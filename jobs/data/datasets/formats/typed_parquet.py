"""Writes a table of texts as Parquet, each column with the type that all of its values fit."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.type_inference import ALL_KINDS, Kind, find_kinds, typed


def write_typed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    target: Path,
    possible: Mapping[str, Sequence[Kind]] | None = None,
) -> Mapping[str, Kind]:
    """Write ``columns`` of the table to ``target``, in order; gives the kind of each.

    ``possible`` narrows the kinds that some columns can have.
    """

    def run(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    kinds = find_kinds(run, table, {name: (possible or {}).get(name, ALL_KINDS) for name in columns})
    selected = ", ".join(f"{typed(name, kinds[name])} AS {quote_name(name)}" for name in columns)
    query = f"SELECT {selected} FROM {quote_name(table)}"
    run(f"COPY ({query}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    return kinds

"""Notes about values of Parquet that are kept in another way, for uploads and for files of tenants."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.data.duckdb_types import NANOSECOND_TYPES, is_finer
from jobs.data.exact_parquet import MAX_DIGITS

_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


def note_durations(path: Path, names: Sequence[str], notes: list[str]) -> None:
    """Note the columns that are whole numbers to DuckDB, and durations to the library that wrote the file."""
    with suppress(pa.ArrowException, OSError):
        for name, of_type in zip(names, pq.read_schema(path).types, strict=True):
            if pa.types.is_duration(of_type):
                notes.append(
                    f"Column '{name}' holds durations; they are kept as whole numbers of {_UNITS[of_type.unit]}"
                )


def nanosecond_notes(
    fetch: Callable[[str], list[tuple[Any, ...]]], origin: str, columns: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    """Count the values that are finer than a microsecond, in each of ``columns``: SQL → name and DuckDB type.

    ``fetch`` runs one SELECT over ``origin``, a table or the like in SQL.
    """
    fine = {column: name for column, (name, kind) in columns.items() if kind in NANOSECOND_TYPES}
    if not fine:
        return
    asked = ", ".join(f"count(*) FILTER ({is_finer(column)})" for column in fine)
    [counts] = fetch(f"SELECT {asked} FROM {origin}")
    for name, count in zip(fine.values(), counts, strict=True):
        if count:
            values = "1 value" if count == 1 else f"{count:,} values"
            yield f"Column '{name}' has nanoseconds in {values}; they are cut to microseconds"


def long_number_notes(names: Iterable[str]) -> list[str]:
    """Say of the columns ``names`` that wide decimals became texts."""
    return [f"Column '{name}' is text: it has numbers of more than {MAX_DIGITS} digits" for name in names]

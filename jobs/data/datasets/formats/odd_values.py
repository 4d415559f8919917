"""Finds the odd values in text columns whose other values nearly all have one kind: slips in a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.type_inference import Kind, fits, value

_FIRST_ROWS, _MIN_VALUES = 20_000, 10
_NEARLY_ALL = 0.9
_SHOWN = 40
_LIKELY: dict[Kind, str] = {"bool": "true or false", "float": "numbers", "int": "whole numbers", "timestamp": "dates"}
"""Kind → its name, in the order of the tests. A date without a time fits "timestamp" too."""
_COMMAS = r"[+-]?(\d+|\d{1,3}([. ]\d{3})+),\d+|[+-]?\d{1,3}(,\d{3})+(\.\d+)?"


def odd_values(connection: duckdb.DuckDBPyConnection, table: Path, columns: Sequence[str]) -> Iterator[str]:
    """Write notes about the text ``columns`` of a Parquet file. The file's first rows decide which get one."""
    if not columns:
        return
    rows = f"read_parquet({quote_text(str(table))}, file_row_number = true, hive_partitioning = false)"
    texts = [value(quote_name(name)) for name in columns]
    asked = [f"count({text})" for text in texts]
    for text in texts:
        asked += [f"count(*) FILTER ({fits(text, kind)})" for kind in _LIKELY]
        asked.append(f"count(*) FILTER (regexp_full_match({text}, '{_COMMAS}'))")
    found = connection.execute(f"SELECT {', '.join(asked)} FROM (FROM {rows} LIMIT {_FIRST_ROWS})").fetchall()[0]
    counts, answers = found[: len(columns)], iter(found[len(columns) :])
    for name, count in zip(columns, counts, strict=True):
        shares = {kind: next(answers) / max(count, 1) for kind in _LIKELY}
        commas = next(answers) / max(count, 1)
        likely = next((kind for kind, share in shares.items() if share >= _NEARLY_ALL), None)
        if count >= _MIN_VALUES and likely:
            yield _odd(connection, rows, name, likely)
        elif count and commas >= _NEARLY_ALL:
            yield f"Column '{name}' is text: its numbers have commas in them; write them as 1234.5"


def _odd(connection: duckdb.DuckDBPyConnection, rows: str, name: str, kind: Kind) -> str:
    is_odd = f"NOT {fits(value(quote_name(name)), kind)}"
    [(count, row, text)] = connection.execute(
        f"SELECT count(*), min(file_row_number), arg_min({quote_name(name)}, file_row_number) "
        f"FROM {rows} WHERE {is_odd}"
    ).fetchall()
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    are = "1 is not" if count == 1 else f"{count:,} are not"
    most = f"Column '{name}' is text: nearly all of its values are {_LIKELY[kind]}"
    return f"{most}, {are}, first '{shown}' in row {row + 1:,}"

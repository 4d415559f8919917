"""Finds the type of each column of texts, from all of its values, and writes it as Parquet.

A column has the narrowest type that every value fits: a guess is made from the first rows and then checked against all,
and where it fails a wider type is tried. So a late odd value makes a column of numbers one of texts, never an error.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from jobs.contract.quoting import quote_name, quote_text

Kind = Literal["bool", "int", "float", "date", "timestamp", "text"]
NARROW: tuple[Kind, ...] = ("bool", "int", "float", "date", "timestamp")
"""The kinds a column of texts can turn out to have, in the order in which they are tried; else it stays text."""
_WIDER: dict[Kind, Kind] = {
    "bool": "text",
    "int": "float",
    "float": "text",
    "date": "timestamp",
    "timestamp": "text",
    "text": "text",
}
_FIRST_ROWS = 20_000
# Words for "nothing" among numbers and dates. In a column of texts they stay what they are: NA may be Namibia.
_NOTHING = "('', 'NA', 'N/A', 'n/a', 'NULL', 'null', 'NaN', 'nan', 'None')"
# No leading zeros, which belong to codes and not to numbers; no digits beyond what a float can tell apart.
_FLOAT = r"-?((0|[1-9]\d{0,15})(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_MOMENT = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?"


def write_typed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    target: Path,
    possible: Mapping[str, Sequence[Kind]] | None = None,
) -> Mapping[str, Kind]:
    """Write the table's columns of texts to ``target``, in order; gives the kind of each.

    ``possible`` narrows the kinds of some columns; where only one is given, it is taken without a look.
    """
    allowed = {name: tuple((possible or {}).get(name, NARROW)) for name in columns}
    known: dict[str, Kind] = {name: kinds[0] for name, kinds in allowed.items() if len(kinds) == 1}
    unknown = [name for name in columns if name not in known]
    kinds = {**known, **_kinds(connection, table, {name: allowed[name] for name in unknown})}
    selected = ", ".join(f"{_cast(name, kinds[name])} AS {quote_name(name)}" for name in columns)
    query = f"SELECT {selected} FROM {quote_name(table)}"
    connection.execute(f"COPY ({query}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    return kinds


def _kinds(
    connection: duckdb.DuckDBPyConnection, table: str, allowed: Mapping[str, tuple[Kind, ...]]
) -> dict[str, Kind]:
    first = f"(SELECT * FROM {quote_name(table)} LIMIT {_FIRST_ROWS})"
    guessed = _fitting(connection, first, allowed)
    # A column that begins with nothing but empty values has told nothing yet.
    found: dict[str, Kind] = {name: kind for name, kind in guessed.items() if kind is not None}
    silent = {name: allowed[name] for name, kind in guessed.items() if kind is None}
    late = _fitting(connection, quote_name(table), silent)
    found |= {name: kind or "text" for name, kind in late.items()}
    open_ones: dict[str, tuple[Kind, ...]] = {
        name: (kind,) for name, kind in found.items() if kind != "text" and name not in silent
    }
    while open_ones:
        checked = _fitting(connection, quote_name(table), open_ones)
        failed = [name for name, kind in checked.items() if kind == "text"]
        for name in failed:
            wider = _WIDER[found[name]]
            found[name] = wider if wider in allowed[name] else "text"
        open_ones = {name: (found[name],) for name in failed if found[name] != "text"}
    return found


def _fitting(
    connection: duckdb.DuckDBPyConnection, rows: str, tried: Mapping[str, tuple[Kind, ...]]
) -> dict[str, Kind | None]:
    """The first of the kinds tried that all values have, else text; None: there is no value."""
    if not tried:
        return {}
    asked = [f"count({value(name)})" for name in tried]
    asked += [
        f"bool_and({value(name)} IS NULL OR coalesce({fits(name, kind)}, false))"
        for name, kinds in tried.items()
        for kind in kinds
    ]
    answers = connection.execute(f"SELECT {', '.join(asked)} FROM {rows}").fetchall()[0]
    counts, answered = answers[: len(tried)], iter(answers[len(tried) :])
    found: dict[str, Kind | None] = {}
    for (name, kinds), count in zip(tried.items(), counts, strict=True):
        matching = [kind for kind in kinds if next(answered)]
        found[name] = None if count == 0 else (matching or ["text"])[0]
    return found


def value(name: str) -> str:
    """SQL for the column's value without spaces around it; NULL for words that mean nothing."""
    text = f"trim({quote_name(name)})"
    return f"(CASE WHEN {text} NOT IN {_NOTHING} THEN {text} END)"


def fits(name: str, kind: Kind) -> str:
    """SQL for whether the column's value is of that kind."""
    text = value(name)
    return {
        "bool": f"lower({text}) IN ('true', 'false')",
        # There and back again: what changes on the way (007, +5, 1_000) is no number but a code.
        "int": f"CAST(TRY_CAST({text} AS BIGINT) AS VARCHAR) = {text}",
        "float": f"regexp_full_match({text}, '{_FLOAT}') AND isfinite(TRY_CAST({text} AS DOUBLE))",
        "date": f"CAST(TRY_CAST({text} AS DATE) AS VARCHAR) = {text}",
        "timestamp": f"regexp_full_match({text}, '{_MOMENT}') AND TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL",
        "text": "true",
    }[kind]


def _cast(name: str, kind: Kind) -> str:
    text = value(name)
    return {
        "bool": f"lower({text}) = 'true'",
        "int": f"CAST({text} AS BIGINT)",
        "float": f"CAST({text} AS DOUBLE)",
        "date": f"CAST({text} AS DATE)",
        # A cast to TIMESTAMP alone would ignore the offset; this gives UTC.
        "timestamp": f"CAST(CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)",
        "text": quote_name(name),
    }[kind]

"""Writes the rows of one delimited file as typed Parquet in one pass.

The first rows suggest the type of each column, and the pass checks every value against it. The outcome is the one of
texts whose types are found from all values, or none: a value of another type ends the pass.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_name
from jobs.data.datasets.formats.texts import Texts
from jobs.data.type_inference import ALL_KINDS, Kind, fits, guess_kinds, typed, value

# An expression takes memory for each of its steps, and one statement checks all columns.
MAX_COLUMNS = 50
_FIRST_ROWS = 4_000
_SAMPLE = "first_rows"
_FAILURE = "error('a value has another type than the first ones')"
_DECIMAL = r"-?(0|[1-9]\d*)(\.\d*)?"
# Conditions that only texts of the kind meet, and that are cheaper than ``fits``. Most values meet them.
_PLAINLY: dict[Kind, str] = {
    "int": "CAST(TRY_CAST({0} AS BIGINT) AS VARCHAR) = {0}",
    "float": f"length({{0}}) <= 15 AND regexp_full_match({{0}}, '{_DECIMAL}')",
    "date": "length({0}) = 10 AND CAST(TRY_CAST({0} AS DATE) AS VARCHAR) = {0}",
    "timestamp": "length({0}) = 19 AND CAST(TRY_CAST({0} AS TIMESTAMP) AS VARCHAR) = {0}",
}
_PLAIN_CASTS: dict[Kind, str] = {"int": "BIGINT", "float": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP"}


def write_directly(texts: Texts, rows: str, columns: Mapping[str, str], target: Path) -> Mapping[str, Kind] | None:
    """Write ``rows``, SQL for a table of texts, to ``target``. Return the kind of each column.

    ``columns`` maps the name in ``rows`` to the name in the file. Return None, and write nothing, if there are too many
    columns, if the first rows suggest a wrong type, or if DuckDB cannot read the rows.
    """
    if len(columns) > MAX_COLUMNS:
        return None
    try:
        texts.run(f"CREATE OR REPLACE TEMP TABLE {_SAMPLE} AS FROM {rows} LIMIT {_FIRST_ROWS}")
        guessed = guess_kinds(texts.run, _SAMPLE, dict.fromkeys(columns, ALL_KINDS))
        plain = _written_plainly(texts, guessed)
        cells = [
            f"{_checked(name, kind, is_plain=name in plain)} AS {quote_name(columns[name])}"
            for name, kind in guessed.items()
        ]
        texts.copy(f"SELECT {', '.join(cells)} FROM {rows}", target, len(columns))
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfMemoryException):
        target.unlink(missing_ok=True)
        return None
    finally:
        texts.run(f"DROP TABLE IF EXISTS {_SAMPLE}")
    return {name: kind or "text" for name, kind in guessed.items()}


def _written_plainly(texts: Texts, guessed: Mapping[str, Kind | None]) -> set[str]:
    """Return the columns whose first values all meet the cheap condition of their kind."""
    conditions = {name: _plainly(name, kind) for name, kind in guessed.items() if kind in _PLAINLY}
    if not conditions:
        return set()
    asked = ", ".join(f"bool_and({condition})" for condition in conditions.values())
    [answers] = texts.run(f"SELECT {asked} FROM {_SAMPLE}")
    return {name for name, is_plain in zip(conditions, answers, strict=True) if is_plain}


def _plainly(name: str, kind: Kind) -> str:
    return f"({quote_name(name)} IS NULL OR {_PLAINLY[kind].format(quote_name(name))})"


def _checked(name: str, kind: Kind | None, *, is_plain: bool) -> str:
    """Return SQL for the value as that kind, which ends the statement for a text that does not fit it.

    None is the kind of a column whose first rows have no value: any value of it does not fit. ``is_plain``: a text
    that fits, but does not meet the cheap condition, ends the statement too. Even unmet, another branch is slow.
    """
    column, text = quote_name(name), value(quote_name(name))
    if kind is None:
        return f"CASE WHEN {text} IS NULL THEN {column} ELSE {_FAILURE} END"
    if kind == "text":
        return column
    if is_plain:
        return f"CASE WHEN {_plainly(name, kind)} THEN TRY_CAST({column} AS {_PLAIN_CASTS[kind]}) ELSE {_FAILURE} END"
    return f"CASE WHEN coalesce({fits(text, kind)}, true) THEN {typed(name, kind)} ELSE {_FAILURE} END"

"""Finds the type of each column of texts from all of its values: for uploads, streams and inline rows alike.

A column has the narrowest type that every value fits: a guess is made from the first rows and then checked against all,
and where it fails a wider type is tried. So a late odd value makes a column of numbers one of texts, never an error.
No type changes a value: what a type cannot hold exactly stays text. Only fractions are rounded, as floats are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from jobs.contract.quoting import quote_name

Kind = Literal["bool", "int", "float", "date", "timestamp", "text"]
ALL_KINDS: tuple[Kind, ...] = ("bool", "int", "float", "date", "timestamp")
"""The kinds a column of texts can turn out to have, in the order in which they are tried; else it stays text."""
_WIDER: dict[Kind, Kind] = {
    "bool": "text",
    "int": "float",
    "float": "text",
    "date": "timestamp",
    "timestamp": "text",
    "text": "text",
}
# The guess is made from so many rows, fewer where they are wide.
_FIRST_ROWS, _FIRST_VALUES = 20_000, 1_000_000
_MAX_WIDE = 30
# Words for "nothing" among numbers and dates. In a column of texts they stay what they are: NA may be Namibia.
_NOTHING = "('', 'NA', 'N/A', 'n/a', 'NULL', 'null', 'NaN', 'nan', 'None')"
# No leading zeros, which belong to codes and not to numbers.
_FLOAT = r"-?((0|[1-9]\d{0,14})(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
# From 16 digits on, a float cannot tell all whole numbers apart.
_LONG_FLOAT = r"-?[1-9]\d{15,18}(\.\d*)?"
_DATE = r"\d{4}-\d\d-\d\d"
# Not finer than microseconds, which is all that a TIMESTAMP keeps.
_MOMENT = _DATE + r"([T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?"
# Python has no years beyond these, and whoever reads the table may be Python.
_MOMENTS = "TIMESTAMPTZ '0001-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'"
Run = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one statement of DuckDB and gives all rows."""


def kinds_of_json(value: Any) -> tuple[Kind, ...]:
    """The kinds that a column can have in which this JSON value stands. Null says nothing.

    JSON's own types hold: a text of digits stays a text. Only moments have no type of their own there.
    """
    if value is None:
        return ALL_KINDS
    if isinstance(value, bool):
        return ("bool",)
    if isinstance(value, int | float):
        return ("int", "float")
    return ("date", "timestamp") if isinstance(value, str) else ()


def find_kinds(run: Run, table: str, possible: Mapping[str, Sequence[Kind]]) -> dict[str, Kind]:
    """The kind of each column named in ``possible``, one of those given there, or text."""
    allowed = {name: tuple(kind for kind in kinds if kind != "text") for name, kinds in possible.items()}
    looked_at = {name: kinds for name, kinds in allowed.items() if kinds}
    return {**dict.fromkeys(possible, "text"), **_kinds(run, table, looked_at)}


def _kinds(run: Run, table: str, allowed: Mapping[str, tuple[Kind, ...]]) -> dict[str, Kind]:
    rows = min(_FIRST_ROWS, _FIRST_VALUES // max(len(allowed), 1))
    guessed = _fitting(run, f"(SELECT * FROM {quote_name(table)} LIMIT {rows})", allowed)
    # A column that begins with nothing but empty values has told nothing yet.
    found: dict[str, Kind] = {name: kind for name, kind in guessed.items() if kind is not None}
    silent = {name: allowed[name] for name, kind in guessed.items() if kind is None}
    late = _fitting(run, quote_name(table), silent)
    found |= {name: kind or "text" for name, kind in late.items()}
    open_ones: dict[str, tuple[Kind, ...]] = {
        name: (kind,) for name, kind in found.items() if kind != "text" and name not in silent
    }
    while open_ones:
        checked = _fitting(run, quote_name(table), open_ones)
        failed = [name for name, kind in checked.items() if kind == "text"]
        for name in failed:
            wider = _WIDER[found[name]]
            found[name] = wider if wider in allowed[name] else "text"
        open_ones = {name: (found[name],) for name in failed if found[name] != "text"}
    return found


def _fitting(run: Run, rows: str, tried: Mapping[str, tuple[Kind, ...]]) -> dict[str, Kind | None]:
    """The first of the kinds tried that all values have, else text; None: there is no value."""
    found: dict[str, Kind | None] = dict.fromkeys(tried)
    for kinds in dict.fromkeys(tried.values()):
        names = [name for name, those in tried.items() if those == kinds]
        look = _look_wide if len(names) <= _MAX_WIDE else _look_long
        for at, answers in look(run, rows, names, kinds):
            found[names[at]] = next((kind for kind, fit in zip(kinds, answers, strict=True) if fit), "text")
    return found


def _look_wide(
    run: Run, rows: str, names: Sequence[str], kinds: Sequence[Kind]
) -> Iterator[tuple[int, Sequence[bool]]]:
    """For each column that has values, its place and whether all of them are of each kind. Quick for few columns."""
    texts = ", ".join(f"{value(quote_name(name))} AS c{at}" for at, name in enumerate(names))
    asked = ", ".join(_all_fit(f"c{at}", kinds) for at in range(len(names)))
    [answers] = run(f"SELECT {asked} FROM (SELECT {texts} FROM {rows})")
    return ((at, answer) for at, answer in enumerate(answers) if answer[0] is not None)


def _look_long(
    run: Run, rows: str, names: Sequence[str], kinds: Sequence[Kind]
) -> Iterator[tuple[int, Sequence[bool]]]:
    """Look at many columns at once, as ``_look_wide`` does: a question for each of a hundred takes DuckDB seconds."""
    columns = ", ".join(f"{quote_name(name)} AS c{at}" for at, name in enumerate(names))
    listed = f"UNPIVOT (SELECT {columns} FROM {rows}) ON COLUMNS(*) INTO NAME c VALUE t"
    values = f"SELECT c, {value('t')} AS v FROM ({listed})"
    answers = run(f"SELECT c, {_all_fit('v', kinds)} FROM ({values}) WHERE v IS NOT NULL GROUP BY c")
    return ((int(column[1:]), answer) for column, answer in answers)


def _all_fit(text: str, kinds: Sequence[Kind]) -> str:
    asked = ", ".join(f"bool_and({fits(text, kind)})" for kind in kinds)
    return f"[{asked}]"


def value(column: str) -> str:
    """SQL for a text without the spaces around it; NULL for words that mean nothing. ``column`` is SQL too."""
    return f"(CASE WHEN trim({column}) NOT IN {_NOTHING} THEN trim({column}) END)"


def fits(text: str, kind: Kind) -> str:
    """SQL for whether a text, itself SQL, is of that kind. NULL if it is NULL."""
    return {
        "bool": f"lower({text}) IN ('true', 'false')",
        # There and back again: what changes on the way (007, +5, 1_000) is no number but a code.
        "int": _is_true(text, f"CAST(TRY_CAST({text} AS BIGINT) AS VARCHAR) = {text}"),
        "float": _is_true(
            text,
            f"(regexp_full_match({text}, '{_FLOAT}') AND isfinite(TRY_CAST({text} AS DOUBLE))) "
            f"OR (regexp_full_match({text}, '{_LONG_FLOAT}') AND {_has_exact_whole_part(text)})",
        ),
        "date": _is_true(
            text, f"regexp_full_match({text}, '{_DATE}') AND CAST(TRY_CAST({text} AS DATE) AS VARCHAR) = {text}"
        ),
        "timestamp": _is_true(
            text, f"regexp_full_match({text}, '{_MOMENT}') AND TRY_CAST({text} AS TIMESTAMPTZ) BETWEEN {_MOMENTS}"
        ),
        "text": f"{text} IS NOT NULL",
    }[kind]


def _is_true(text: str, condition: str) -> str:
    """SQL for a condition that is NULL for a text that cannot be cast; NULL for no text at all."""
    return f"CASE WHEN {text} IS NOT NULL THEN coalesce({condition}, false) END"


def _has_exact_whole_part(text: str) -> str:
    """SQL for whether a float holds the digits before the point as they are."""
    digits = f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"
    return f"TRY_CAST(trunc(TRY_CAST({text} AS DOUBLE)) AS HUGEINT) = CAST({digits} AS HUGEINT)"


def typed(name: str, kind: Kind) -> str:
    """SQL for the column's value as that kind, which all its values fit: what cannot be cast means nothing."""
    # Without ``trim`` DuckDB would have its CSV reader cast, by other rules than these.
    text = f"trim({quote_name(name)})"
    return {
        "bool": f"TRY_CAST({text} AS BOOLEAN)",
        "int": f"TRY_CAST({text} AS BIGINT)",
        "float": f"nullif(TRY_CAST({text} AS DOUBLE), CAST('NaN' AS DOUBLE))",
        "date": f"TRY_CAST({text} AS DATE)",
        # A cast to TIMESTAMP alone would ignore the offset; this gives UTC.
        "timestamp": f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)",
        "text": quote_name(name),
    }[kind]

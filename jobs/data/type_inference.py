"""Finds the type of each column of texts from all of its values: for uploads, streams and inline rows alike.

A column has the narrowest type that every value fits: a guess is made from the first rows and then checked against all,
and where it fails a wider type is tried. So a late odd value makes a column of numbers one of texts, never an error.
No type changes a value: what a type cannot hold with all its digits stays text.
"""

from collections.abc import Callable, Mapping, Sequence
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
# An expression takes memory for each of its steps, so one statement looks at only some of the columns.
_COLUMNS_AT_ONCE = 100
VALUE = "value"
"""The SQL name of the text that ``ask`` asks about."""
NOTHING = ("", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None")
"""Words for "nothing" among numbers and dates. In a column of texts they stay what they are: NA may be Namibia."""
# No leading zeros, which belong to codes and not to numbers.
_FLOAT = r"-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_CODE = r"-?\d{19,}"
# A float always holds so many digits.
_SAFE_LENGTH = 15
_MOST_DIGITS = 100
_DATE = r"\d{4}-\d\d-\d\d"
# Not finer than microseconds, which is all that a TIMESTAMP keeps.
_MOMENT = _DATE + r"([T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?( ?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?"
# Python has no years beyond these, and whoever reads the table may be Python.
_MOMENTS = "TIMESTAMPTZ '0001-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'"
Run = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one statement of DuckDB and gives all rows."""


class JsonInt(str):
    """A whole number of JSON, digit by digit."""


class JsonFloat(str):
    """A number of JSON with a point or an exponent, digit by digit."""


def kinds_of_json(value: Any) -> tuple[Kind, ...]:
    """The kinds that a column can have in which this JSON value stands. Null says nothing.

    JSON's own types hold: a text of digits stays a text. Only moments have no type of their own there.
    """
    if value is None:
        return ALL_KINDS
    if isinstance(value, bool):
        return ("bool",)
    if isinstance(value, int | float | JsonInt | JsonFloat):
        return ("int", "float")
    return ("date", "timestamp") if isinstance(value, str) else ()


def find_kinds(run: Run, rows: str, possible: Mapping[str, Sequence[Kind]]) -> dict[str, Kind]:
    """The kind of each column named in ``possible``, one of those given there, or text.

    ``rows`` is SQL for the table.
    """
    allowed = {name: tuple(kind for kind in kinds if kind != "text") for name, kinds in possible.items()}
    looked_at = {name: kinds for name, kinds in allowed.items() if kinds}
    return {**dict.fromkeys(possible, "text"), **_kinds(run, rows, looked_at)}


def _kinds(run: Run, rows: str, allowed: Mapping[str, tuple[Kind, ...]]) -> dict[str, Kind]:
    guessed = _fitting(run, first_rows(rows, len(allowed)), allowed)
    # A column that begins with nothing but empty values has told nothing yet.
    found: dict[str, Kind] = {name: kind for name, kind in guessed.items() if kind is not None}
    silent = {name: allowed[name] for name, kind in guessed.items() if kind is None}
    late = _fitting(run, rows, silent)
    found |= {name: kind or "text" for name, kind in late.items()}
    open_ones: dict[str, tuple[Kind, ...]] = {
        name: (kind,) for name, kind in found.items() if kind != "text" and name not in silent
    }
    while open_ones:
        checked = _fitting(run, rows, open_ones)
        failed = [name for name, kind in checked.items() if kind == "text"]
        for name in failed:
            wider = _WIDER[found[name]]
            found[name] = wider if wider in allowed[name] else "text"
        open_ones = {name: (found[name],) for name in failed if found[name] != "text"}
    return found


def guess_kinds(run: Run, rows: str, possible: Mapping[str, Sequence[Kind]]) -> dict[str, Kind | None]:
    """The first of the kinds given in ``possible`` that all values of ``rows`` have, else text; None: no value.

    ``rows`` is SQL for a table, of few rows because it is read for all of the kinds at once.
    """
    return _fitting(run, rows, {name: tuple(kinds) for name, kinds in possible.items()})


def _fitting(run: Run, rows: str, tried: Mapping[str, tuple[Kind, ...]]) -> dict[str, Kind | None]:
    """The first of the kinds tried that all values have, else text; None: there is no value."""
    found: dict[str, Kind | None] = {}
    for kinds in dict.fromkeys(tried.values()):
        columns = [column for column, those in tried.items() if those == kinds]
        asked = [f"bool_and({fits(VALUE, kind)})" for kind in kinds]
        for column, (count, *answers) in ask(run, columns, rows, asked).items():
            matching = [kind for kind, answer in zip(kinds, answers, strict=True) if answer]
            found[column] = (matching or ["text"])[0] if count else None
    return found


def first_rows(rows: str, columns: int) -> str:
    """Return SQL for the rows from which a guess about so many ``columns`` is made."""
    return f"(FROM {rows} LIMIT {min(_FIRST_ROWS, _FIRST_VALUES // max(columns, 1))})"


def ask(run: Run, columns: Sequence[str], rows: str, asked: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return for each column the number of its values and the results of ``asked``, aggregates of ``VALUE``.

    The columns are put below each other, so the statement stays short and DuckDB plans it quickly.
    """
    answers: dict[str, Sequence[Any]] = dict.fromkeys(columns, (0, *[None] * len(asked)))
    aggregates = ", ".join([f"count({VALUE})", *asked])
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        group = columns[start : start + _COLUMNS_AT_ONCE]
        numbers = ", ".join(map(str, range(len(group))))
        texts = ", ".join(map(quote_name, group))
        below = f"SELECT unnest([{numbers}]) AS place, unnest([{texts}]) AS text FROM {rows}"
        values = f"SELECT place, {value('text')} AS {VALUE} FROM ({below})"
        found = run(f"SELECT place, {aggregates} FROM ({values}) GROUP BY place")
        answers |= {group[at]: told for at, *told in found}
    return answers


def value(column: str) -> str:
    """SQL for a text without the spaces around it; NULL for words that mean nothing. ``column`` is SQL too."""
    return f"(CASE WHEN trim({column}) NOT IN {NOTHING} THEN trim({column}) END)"


def fits(text: str, kind: Kind) -> str:
    """SQL for whether a text, itself SQL, is of that kind. NULL if it is NULL."""
    return {
        "bool": f"lower({text}) IN ('true', 'false')",
        # There and back again: what changes on the way (007, +5, 1_000) is no number but a code.
        "int": _is_true(text, f"CAST(TRY_CAST({text} AS BIGINT) AS VARCHAR) = {text}"),
        "float": _is_true(text, f"regexp_full_match({text}, '{_FLOAT}') AND {_keeps_digits(text)}"),
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


def _keeps_digits(text: str) -> str:
    """SQL for whether the nearest float, written with as many digits, or with the fewest, is the same number."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    digits = _digits(text)
    written = f"format('{{:.{{}}e}}', {number}, CAST(greatest(length({digits}), 1) - 1 AS INTEGER))"
    # They differ where a number is just between two of as many digits, such as 2 to the power of -24.
    shortest = f"CAST({number} AS VARCHAR)"
    return (
        f"(CASE WHEN length({text}) <= {_SAFE_LENGTH} AND NOT contains(lower({text}), 'e') THEN true "
        f"WHEN regexp_full_match({text}, '{_CODE}') OR length({digits}) > {_MOST_DIGITS} THEN false "
        f"ELSE isfinite({number}) AND {digits} IN ({_digits(written)}, {_digits(shortest)}) END)"
    )


def _digits(text: str) -> str:
    """SQL for the digits of a number, without those that only say how large it is."""
    return f"trim(replace(regexp_replace(lower({text}), 'e.*$', ''), '.', ''), '-0')"


def typed(name: str, kind: Kind) -> str:
    """SQL for the column's value as that kind, which all its values fit: what cannot be cast means nothing."""
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

"""Cast columns to other types. A value that would be changed on the way does not fit; it is reported, not lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from jobs.handler import moment_of_text_sql, usable_sql
from jobs.handlers.process_data.columns import FLOATS, INTEGERS, Column, Kind
from jobs.handlers.process_data.faults import OperationFault

if TYPE_CHECKING:
    from jobs.handlers.process_data.transformation.working_table import WorkingTable

CastType = Literal["text", "integer", "number", "boolean", "date", "timestamp"]
WHITESPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""All of Unicode, so that a tab or a no-break space is trimmed as a space is."""
# DuckDB alone would also take 35_20, 0x10, nan and inf for numbers.
_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
_WHOLE = r"^[+-]?[0-9]+([.]0*)?$"
_TRUE, _FALSE = "('true', 't', 'yes', 'y', 'on', '1')", "('false', 'f', 'no', 'n', 'off', '0')"
_FINER_THAN_MICROSECONDS = r"[.][0-9]{6}[0-9]*[1-9]"


def cast_sql(column: Column, to: CastType) -> str:
    """Return SQL for the value in the other type, or NULL where it does not fit."""
    return _CASTS[to](column)


def trimmed_sql(text: str) -> str:
    """Return SQL for the text without white space around it."""
    return f"trim({text}, '{WHITESPACE}')"


def moment_sql(column: Column) -> str | None:
    """Return SQL for the time stamp in UTC, or NULL where there is none; None for a column that holds no dates."""
    if column.kind is Kind.MOMENT:
        return usable_sql(f"CAST({column.sql} AS TIMESTAMP)", "TIMESTAMP")
    return moment_of_text_sql(trimmed_sql(column.text_sql)) if column.kind is Kind.TEXT else None


def require_all(working: "WorkingTable", column: Column, sql: str, spoken: str) -> None:
    """Raise ``OperationFault`` with a count and an example if ``sql`` is NULL for a value of the column."""
    lost = f"{column.sql} IS NOT NULL AND ({sql}) IS NULL"
    [(count, example)] = working.fetch(f"SELECT count(*), min({column.text_sql}) FROM {working.name} WHERE {lost}")
    if count:
        values = "1 value" if count == 1 else f"{count:,} values"
        raise OperationFault(
            "column", f"{values} of '{column.name}' cannot be read as {spoken}, such as {example[:80]!r}"
        )


def _to_text(column: Column) -> str:
    return column.text_sql


def _to_integer(column: Column) -> str:
    value = column.sql
    if column.type in INTEGERS or column.kind is Kind.BOOLEAN:
        return f"TRY_CAST({value} AS BIGINT)"
    if column.kind is Kind.NUMBER:  # 2.5 would be rounded
        whole = f"TRY_CAST({value} AS BIGINT)"
        return f"CASE WHEN TRY_CAST({whole} AS {column.type}) = {value} THEN {whole} END"
    if column.kind is not Kind.TEXT:
        return "CAST(NULL AS BIGINT)"
    text = trimmed_sql(column.text_sql)
    digits = f"regexp_extract({text}, '^[+-]?[0-9]+')"
    number = f"TRY_CAST({text} AS DOUBLE)"
    # Beyond 2^53 the exponent's digits would be lost.
    exponent = f"CASE WHEN {number} = trunc({number}) AND abs({number}) <= 9007199254740992 THEN {number} END"
    return (
        f"CASE WHEN regexp_matches({text}, '{_WHOLE}') THEN TRY_CAST({digits} AS BIGINT) "
        f"WHEN regexp_matches({text}, '{_NUMBER}') THEN TRY_CAST({exponent} AS BIGINT) END"
    )


def _to_number(column: Column) -> str:
    value = column.sql
    if column.kind is Kind.BOOLEAN or column.type in FLOATS:
        return f"CAST({value} AS DOUBLE)"
    if column.kind is Kind.NUMBER:  # beyond 2^53, a DOUBLE has not every whole number
        return _if_it_comes_back(value, f"TRY_CAST({value} AS DOUBLE)", column.type)
    if column.kind is not Kind.TEXT:
        return "CAST(NULL AS DOUBLE)"
    text = trimmed_sql(column.text_sql)
    number = usable_sql(f"TRY_CAST({text} AS DOUBLE)", "DOUBLE")
    whole = _if_it_comes_back(f"TRY_CAST(regexp_extract({text}, '^[+-]?[0-9]+') AS HUGEINT)", number, "HUGEINT")
    return (
        f"CASE WHEN regexp_matches({text}, '{_WHOLE}') THEN {whole} "
        f"WHEN regexp_matches({text}, '{_NUMBER}') THEN {number} END"
    )


def _if_it_comes_back(value: str, number: str, column_type: str) -> str:
    return f"CASE WHEN TRY_CAST({number} AS {column_type}) = {value} THEN {number} END"


def _to_boolean(column: Column) -> str:
    if column.kind is Kind.BOOLEAN:
        return column.sql
    if column.kind is Kind.NUMBER:
        return f"CASE {column.sql} WHEN 1 THEN true WHEN 0 THEN false END"
    if column.kind is not Kind.TEXT:
        return "CAST(NULL AS BOOLEAN)"
    text = f"lower({trimmed_sql(column.text_sql)})"
    return f"CASE WHEN {text} IN {_TRUE} THEN true WHEN {text} IN {_FALSE} THEN false END"


def _to_date(column: Column) -> str:
    if column.type == "DATE":
        return usable_sql(column.sql, "DATE")
    return f"CAST({moment_sql(column) or 'CAST(NULL AS TIMESTAMP)'} AS DATE)"


def _to_timestamp(column: Column) -> str:
    moment = moment_sql(column) or "CAST(NULL AS TIMESTAMP)"
    if column.kind is not Kind.TEXT:
        return moment
    return f"CASE WHEN NOT regexp_matches({column.text_sql}, '{_FINER_THAN_MICROSECONDS}') THEN {moment} END"


_CASTS: dict[CastType, Callable[[Column], str]] = {
    "text": _to_text,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "date": _to_date,
    "timestamp": _to_timestamp,
}

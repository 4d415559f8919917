"""Check that calculations with exact numbers have an outcome before they are done."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.handler import format_counted
from jobs.handlers.process_data.columns import FLOATS, Column
from jobs.handlers.process_data.faults import ArithmeticFault
from jobs.handlers.process_data.transformation.working_table import WorkingTable

_MAX_DIGITS = 38
"""The digits of a decimal, in DuckDB and in files."""


def require_outcomes(
    working: WorkingTable, function: str, sql: str, columns: Sequence[Column], parameters: Mapping[str, Any]
) -> None:
    """Raise ``ArithmeticFault`` if ``sql`` overflows in any row. Floating-point numbers do not overflow."""
    if any(column.type in FLOATS for column in columns):
        return
    present = " AND ".join(f"{column.sql} IS NOT NULL" for column in columns)
    examples = ", ".join(f"first({column.text_sql})" for column in columns)
    lost = f"{present} AND ({_sql_or_null(sql)}) IS NULL"
    [(count, *found)] = working.fetch(f"SELECT count(*), {examples} FROM {working.name} WHERE {lost}", parameters)
    if count:
        rows = format_counted(count, "row")
        names = " and ".join(f"'{column.name}'" for column in columns)
        raise ArithmeticFault(
            f"'{function}' of {names} is too large for whole numbers of 64 bits, or decimals of 38 digits, in {rows}, "
            f"such as that with {' and '.join(found)}. Cast to number first"
        )


def require_sums(function: str, column: Column, sums: Sequence[Any], *, is_whole: bool) -> None:
    """Raise ``ArithmeticFault`` for a sum of whole numbers beyond 64 bits, or of decimals beyond 38 digits."""
    for found in sums:
        fits = -(2**63) <= found < 2**63 if is_whole else len(Decimal(found).as_tuple().digits) <= _MAX_DIGITS
        if not fits:
            limit = "whole numbers of 64 bits" if is_whole else f"decimals of {_MAX_DIGITS} digits"
            raise ArithmeticFault(
                f"'{function}' of '{column.name}' is too large for {limit}, such as {found}. Cast to number first"
            )


def _sql_or_null(sql: str) -> str:
    """Return SQL for the outcome, or NULL where it overflows."""
    return f"CASE WHEN abs(TRY(CAST({sql} AS DOUBLE))) < 1e38 THEN TRY({sql}) END"

"""Bind values of a payload to SQL parameters, in a type that compares with their column."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from jobs.handlers.process_data.columns import Column, Kind
from jobs.handlers.process_data.faults import OperationFault


def _one_fault(message: str) -> WrapValidator:
    """Report one fault that says what a value is, instead of one fault for each type that it is not."""

    def validate(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError:
            raise ValueError(message) from None

    return WrapValidator(validate)


_Scalar = Annotated[str, Field(max_length=10_000)] | int | float | bool
Value = Annotated[_Scalar, _one_fault("a value is a text, a number, true or false")]
Values = Annotated[
    _Scalar | list[_Scalar], _one_fault("a value is a text, a number, true or false, or a list of these")
]
Number = Annotated[int | float, _one_fault("this must be a number")]
_INT64, _INT128 = range(-(2**63), 2**63), range(-(2**127), 2**127)


def comparable(column: Column) -> str:
    """Return SQL for the column in the type that ``bind`` gives to values."""
    match column.kind:
        case Kind.MOMENT:
            return f"CAST({column.sql} AS TIMESTAMP)"  # those with a time zone are then in UTC
        case Kind.OTHER:
            return column.text_sql
        case _:
            return column.text_sql if column.kind is Kind.TEXT else column.sql


def bind(column: Column, value: Value, key: str, parameters: dict[str, Any], path: str) -> str:
    """Put ``value`` into ``parameters``; return the SQL for it. Raises ``OperationFault`` if it does not fit."""
    fits: bool
    match column.kind:
        case Kind.NUMBER:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case Kind.BOOLEAN:
            fits = isinstance(value, bool)
        case Kind.MOMENT:
            moment = _as_moment(value)
            fits, value = moment is not None, moment if moment is not None else value  # type: ignore[assignment]
        case _:
            fits = isinstance(value, str)
    if not fits:
        raise OperationFault(
            path, f"the column '{column.name}' holds {column.kind.value} ({column.type}), not {value!r}"
        )
    parameters[key] = value
    return f"CAST(${key} AS {_type_for(column, value)})"


def bind_number(value: int | float, key: str, parameters: dict[str, Any]) -> str:
    """Do the same for a number that is compared with no column."""
    parameters[key] = value
    return f"CAST(${key} AS {_number_type(value)})"


def _type_for(column: Column, value: Any) -> str:
    match column.kind:
        case Kind.NUMBER:
            # 0.1 as a DOUBLE equals no FLOAT.
            return "FLOAT" if column.type == "FLOAT" else _number_type(value)
        case Kind.BOOLEAN:
            return "BOOLEAN"
        case Kind.MOMENT:
            return "TIMESTAMP"
        case _:
            return "VARCHAR"


def _number_type(value: int | float) -> str:
    if isinstance(value, float) or value not in _INT128:
        return "DOUBLE"
    return "BIGINT" if value in _INT64 else "HUGEINT"


def _as_moment(value: Value) -> datetime | None:
    """Parse a date or date-time in ISO 8601, in UTC; return None if it is neither."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None

"""Change a column, or derive a new one from it, row by row (``transform``)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from jobs.handlers.process_data.columns import Column, Kind
from jobs.handlers.process_data.faults import OperationFault
from jobs.handlers.process_data.transformation.operations.arithmetic import require_outcomes
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName, ColumnNames
from jobs.handlers.process_data.transformation.operations.casting import (
    CastType,
    cast_sql,
    moment_sql,
    require_all,
    trimmed_sql,
)
from jobs.handlers.process_data.transformation.parameters import Number, Value, bind, bind_number
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_SMALL_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"))
_DATE_PARTS = {"year": "year", "month": "month", "day": "day", "weekday": "isodow"}


class Transform(BaseOperation):
    """Base of the transforms. ``cell`` is the SQL of the new value, ``into`` its column (default: the same column)."""

    type: Literal["transform"]
    column: ColumnName
    into: ColumnName | None = Field(
        default=None,
        title="Into the column",
        json_schema_extra={"x-form": {"order": 1, "help": "A new column. Leave it empty to change the column itself."}},
    )

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        raise NotImplementedError

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        parameters: dict[str, Any] = {}
        column = working.column(self.column, "column")
        working.require_new(self.into or self.column, "into")
        cells = {each.name: each.sql for each in working.columns.values()}
        cells[self.into or self.column] = self.cell(working, column, parameters)
        working.rewrite(cells, on_progress, parameters=parameters)


class ChangeText(Transform):
    function: Literal["upper", "lower", "trim"]

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        return trimmed_sql(column.text_sql) if self.function == "trim" else f"{self.function}({column.text_sql})"


class ReplaceText(Transform):
    """Replace every occurrence of one text by another."""

    function: Literal["replace"]
    find: str = Field(min_length=1, max_length=1000)
    replacement: str = Field(default="", max_length=1000)

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        parameters.update(find=self.find, replacement=self.replacement)
        return f"replace({column.text_sql}, CAST($find AS VARCHAR), CAST($replacement AS VARCHAR))"


class Concat(Transform):
    """Join the texts of ``column`` and ``columns``, with a separator between. Missing values are left out."""

    model_config = ConfigDict(
        json_schema_extra={"x-form": {"help": "Join texts of several columns, with a separator between."}}
    )

    function: Literal["concat"]
    columns: ColumnNames
    separator: str = Field(default="", max_length=100)

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        parameters["separator"] = self.separator
        others = [working.column(name, f"columns[{at}]") for at, name in enumerate(self.columns)]
        return f"concat_ws(CAST($separator AS VARCHAR), {', '.join(each.text_sql for each in (column, *others))})"


class ChangeNumber(Transform):
    """Apply a function to a number. ``log`` is the natural logarithm. The root of -1 gives a missing value."""

    model_config = ConfigDict(json_schema_extra={"x-form": {"help": ""}})

    function: Literal["abs", "log", "sqrt"]

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        number = _number(column, self.function)
        match self.function:
            case "abs":
                return _checked(working, self.function, f"abs({number})", [column], parameters)
            case "log":
                return f"CASE WHEN {number} > 0 THEN ln({number}) END"
            case "sqrt":
                return f"CASE WHEN {number} >= 0 THEN sqrt({number}) END"


class Round(Transform):
    function: Literal["round"]
    digits: int = Field(default=0, ge=0, le=15)

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        rounded = f"round({_number(column, 'round')}, {self.digits})"
        return _checked(working, self.function, rounded, [column], parameters)


class Calculate(Transform):
    """Calculate with a number, ``value``, or with another column, ``other``. Division by 0 gives a missing value."""

    model_config = ConfigDict(
        json_schema_extra={"x-form": {"help": "Calculate with a number, or with another column."}}
    )

    function: Literal["add", "subtract", "multiply", "divide"]
    value: Number | None = Field(default=None, title="Number")
    other: ColumnName | None = Field(default=None, title="Or another column")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Calculate":
        if (self.value is None) == (self.other is None):
            raise ValueError(f"'{self.function}' takes either a number, 'value', or another column, 'other'")
        return self

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        left, columns = _number(column, self.function), [column]
        if self.value is not None:
            right = bind_number(self.value, "value", parameters)
        else:
            columns.append(working.column(str(self.other), "other"))
            right = _number(columns[1], self.function, "other")
        if self.function == "divide":
            return f"CAST({left} AS DOUBLE) / nullif(CAST({right} AS DOUBLE), 0)"
        calculated = f"{left} {_SIGNS[self.function]} {right}"
        if isinstance(self.value, float):
            return calculated
        return _checked(working, self.function, calculated, columns, parameters)


class DatePart(Transform):
    """Extract a part of a date. Weekdays run from 1, Monday, to 7."""

    function: Literal["year", "month", "day", "weekday"]

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        moment = moment_sql(column)
        if moment is None:
            raise OperationFault("column", f"'{self.function}' needs dates; '{column.name}' holds {column.type}")
        require_all(working, column, moment, "a date")
        return f"{_DATE_PARTS[self.function]}({moment})"


class FillNull(Transform):
    """Put a value in the place of every missing one."""

    function: Literal["fill_null"]
    value: Value

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        value = bind(column, self.value, "value", parameters, "value")
        filled = column.text_sql if column.kind is Kind.OTHER else column.sql
        if column.kind is Kind.MOMENT:
            value = f"CAST({value} AS {column.type})"
        return f"coalesce({filled}, {value})"


class Cast(Transform):
    """Cast to another type. A value that cannot be cast ends the request, or becomes missing with ``on_error`` null."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-form": {"help": "A value that does not fit the type ends the request, or becomes missing."}
        }
    )

    function: Literal["cast"]
    to: CastType = Field(
        title="Type",
        json_schema_extra={
            "x-form": {
                "choices": {
                    "text": "Text",
                    "integer": "Whole number",
                    "number": "Number",
                    "boolean": "True or false",
                    "date": "Date",
                    "timestamp": "Date and time",
                }
            }
        },
    )
    on_error: Literal["fail", "null"] = Field(
        default="fail",
        title="A value that does not fit",
        json_schema_extra={"x-form": {"choices": {"fail": "Ends the request", "null": "Becomes missing"}}},
    )

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        sql = cast_sql(column, self.to)
        if self.on_error == "fail":
            require_all(working, column, sql, f"type {self.to}")
        return sql


def _number(column: Column, function: str, path: str = "column") -> str:
    """Return SQL for the column in a type that is wide enough for most calculations."""
    if column.kind is not Kind.NUMBER:
        raise OperationFault(path, f"'{function}' needs numbers; '{column.name}' holds {column.type}")
    return f"CAST({column.sql} AS BIGINT)" if column.type in _SMALL_INTEGERS else column.sql


def _checked(
    working: WorkingTable, function: str, sql: str, columns: list[Column], parameters: Mapping[str, Any]
) -> str:
    require_outcomes(working, function, sql, columns, parameters)
    return sql


_LABELS: dict[str, JsonValue] = {
    "upper": "Upper case",
    "lower": "Lower case",
    "trim": "Trim spaces",
    "replace": "Replace a text",
    "concat": "Join texts",
    "abs": "Absolute number",
    "log": "Logarithm",
    "sqrt": "Square root",
    "round": "Round",
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "divide": "Divide",
    "year": "Year of a date",
    "month": "Month of a date",
    "day": "Day of a date",
    "weekday": "Weekday of a date",
    "fill_null": "Fill missing values",
    "cast": "Change the type",
}
AnyTransform = Annotated[
    ChangeText | ReplaceText | Concat | ChangeNumber | Round | Calculate | DatePart | FillNull | Cast,
    Field(discriminator="function", json_schema_extra={"x-form": {"choices": _LABELS}}),
]

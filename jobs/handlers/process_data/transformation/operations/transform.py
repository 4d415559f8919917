"""Change a column, or derive a new one from it, row by row (``transform``)."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from jobs.handlers.process_data.columns import Column, Kind
from jobs.handlers.process_data.faults import OperationFault
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName, ColumnNames
from jobs.handlers.process_data.transformation.operations.casting import DUCKDB_TYPES, CastType, require_castable
from jobs.handlers.process_data.transformation.parameters import Number, Value, bind, bind_number
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_SMALL_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"))
_DATE_PARTS = {"year": "year", "month": "month", "day": "day", "weekday": "isodow"}


class Transform(BaseOperation):
    """Base of the transforms. ``cell`` is the SQL of the new value, ``into`` its column (default: the same column)."""

    type: Literal["transform"]
    column: ColumnName
    into: ColumnName | None = None

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
        return f"{self.function}({column.text_sql})"


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

    function: Literal["concat"]
    columns: ColumnNames
    separator: str = Field(default="", max_length=100)

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        parameters["separator"] = self.separator
        others = [working.column(name, f"columns[{at}]") for at, name in enumerate(self.columns)]
        return f"concat_ws(CAST($separator AS VARCHAR), {', '.join(each.text_sql for each in (column, *others))})"


class ChangeNumber(Transform):
    """Apply a function to a number. ``log`` is the natural logarithm. The root of -1 gives a missing value."""

    function: Literal["abs", "log", "sqrt"]

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        number = _number(column, self.function)
        match self.function:
            case "abs":
                return f"abs({number})"
            case "log":
                return f"CASE WHEN {number} > 0 THEN ln({number}) END"
            case "sqrt":
                return f"CASE WHEN {number} >= 0 THEN sqrt({number}) END"


class Round(Transform):
    function: Literal["round"]
    digits: int = Field(default=0, ge=0, le=15)

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        return f"round({_number(column, 'round')}, {self.digits})"


class Calculate(Transform):
    """Calculate with a number, ``value``, or with another column, ``other``. Division by 0 gives a missing value."""

    function: Literal["add", "subtract", "multiply", "divide"]
    value: Number | None = None
    other: ColumnName | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Calculate":
        if (self.value is None) == (self.other is None):
            raise ValueError(f"'{self.function}' takes either a number, 'value', or another column, 'other'")
        return self

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        left = _number(column, self.function)
        if self.value is not None:
            right = bind_number(self.value, "value", parameters)
        else:
            right = _number(working.column(str(self.other), "other"), self.function, "other")
        if self.function == "divide":
            return f"CAST({left} AS DOUBLE) / nullif(CAST({right} AS DOUBLE), 0)"
        return f"{left} {_SIGNS[self.function]} {right}"


class DatePart(Transform):
    """Extract a part of a date. Weekdays run from 1, Monday, to 7."""

    function: Literal["year", "month", "day", "weekday"]

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        if column.kind is Kind.MOMENT:
            moment = f"CAST({column.sql} AS TIMESTAMP)"
        elif column.kind is Kind.TEXT:
            require_castable(working, column, "TIMESTAMP", "a date")
            moment = f"CAST({column.sql} AS TIMESTAMP)"
        else:
            raise OperationFault("column", f"'{self.function}' needs dates; '{column.name}' holds {column.type}")
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

    function: Literal["cast"]
    to: CastType
    on_error: Literal["fail", "null"] = "fail"

    def cell(self, working: WorkingTable, column: Column, parameters: dict[str, Any]) -> str:
        duckdb_type = DUCKDB_TYPES[self.to]
        if self.on_error == "fail":
            require_castable(working, column, duckdb_type, f"type {self.to}")
        return f"TRY_CAST({column.sql} AS {duckdb_type})"


def _number(column: Column, function: str, path: str = "column") -> str:
    """Return SQL for the column in a type that is wide enough for a calculation."""
    if column.kind is not Kind.NUMBER:
        raise OperationFault(path, f"'{function}' needs numbers; '{column.name}' holds {column.type}")
    return f"CAST({column.sql} AS BIGINT)" if column.type in _SMALL_INTEGERS else column.sql


AnyTransform = Annotated[
    ChangeText | ReplaceText | Concat | ChangeNumber | Round | Calculate | DatePart | FillNull | Cast,
    Field(discriminator="function"),
]

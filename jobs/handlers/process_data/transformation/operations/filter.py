"""Keep the rows for which a condition holds (``filter``)."""

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from jobs.handler import Payload
from jobs.handlers.process_data.columns import Column
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName
from jobs.handlers.process_data.transformation.parameters import Values, bind, comparable
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

_COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_SEARCHES = {"contains": "contains", "starts_with": "starts_with"}
_LISTS = {"in": "IN", "not_in": "NOT IN"}
_PRESENCES = {"is_null": "IS NULL", "not_null": "IS NOT NULL"}
_MAX_DEPTH = 8

Operator = Literal[
    "eq", "ne", "gt", "ge", "lt", "le", "in", "not_in", "contains", "starts_with", "is_null", "not_null", "between"
]


_OPERATORS: dict[str, JsonValue] = {
    "eq": "equal to",
    "ne": "not equal to",
    "gt": "greater than",
    "ge": "at least",
    "lt": "less than",
    "le": "at most",
    "in": "one of",
    "not_in": "none of",
    "contains": "a text with",
    "starts_with": "a text that begins with",
    "is_null": "missing",
    "not_null": "not missing",
    "between": "between two values",
}


class Condition(Payload):
    """A comparison (``column``, ``operator``, ``value``), or a group (``and``, ``or``) of conditions."""

    column: ColumnName | None = None
    operator: Operator | None = Field(default=None, title="Is", json_schema_extra={"x-form": {"choices": _OPERATORS}})
    value: Values | None = Field(
        default=None,
        json_schema_extra={
            "x-form": {
                "show_when": {"operator": [*_COMPARISONS, *_SEARCHES, *_LISTS, "between"]},
                "list_when": {"operator": [*_LISTS, "between"]},
            }
        },
    )
    all_of: "list[Condition] | None" = Field(
        default=None,
        alias="and",
        min_length=1,
        max_length=100,
        title="All of these conditions",
        json_schema_extra={"x-form": {"group": "Several conditions"}},
    )
    any_of: "list[Condition] | None" = Field(
        default=None,
        alias="or",
        min_length=1,
        max_length=100,
        title="Any of these conditions",
        json_schema_extra={"x-form": {"group": "Several conditions"}},
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "Condition":
        if sum(part is not None for part in (self.column, self.all_of, self.any_of)) != 1:
            raise ValueError("give one of: a column with an operator, 'and', 'or'")
        if self.column is None:
            if self.operator is not None or self.value is not None:
                raise ValueError("a group of conditions has no operator and no value of its own")
            if self.depth > _MAX_DEPTH:
                raise ValueError(f"conditions are nested more than {_MAX_DEPTH} deep")
            return self
        if self.operator is None:
            raise ValueError(f"the column '{self.column}' needs an operator")
        if fault := _value_fault(self.operator, self.value):
            raise ValueError(f"the operator '{self.operator}' takes {fault}")
        return self

    @property
    def depth(self) -> int:
        return 1 + max((part.depth for part in (*(self.all_of or ()), *(self.any_of or ()))), default=0)

    def sql(self, working: WorkingTable, parameters: dict[str, Any], path: str = "") -> str:
        """Return the condition as SQL; put its values into ``parameters``."""
        for key, word, group in (("and", " AND ", self.all_of), ("or", " OR ", self.any_of)):
            if group:
                terms = [part.sql(working, parameters, f"{path}{key}[{at}].") for at, part in enumerate(group)]
                return f"({word.join(terms)})"
        assert self.column is not None and self.operator is not None
        column = working.column(self.column, f"{path}column")
        return _compare(column, self.operator, self.value, parameters, f"{path}value")


class Filter(Condition, BaseOperation):
    """Keep the rows for which a condition holds. A missing value meets no condition but ``is_null``."""

    model_config = ConfigDict(json_schema_extra={"x-form": {"help": "Keep the rows for which a condition holds."}})

    drops_rows: ClassVar[bool] = True
    type: Literal["filter"]

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        parameters: dict[str, Any] = {}
        condition = self.sql(working, parameters)
        cells = {column.name: column.sql for column in working.columns.values()}
        working.rewrite(cells, on_progress, condition=condition, parameters=parameters)


def _value_fault(operator: Operator, value: Any) -> str | None:
    """Describe the value that the operator takes if ``value`` is none; otherwise return None."""
    if operator in _PRESENCES:
        return None if value is None else "no value"
    if operator in _LISTS:
        return None if isinstance(value, list) and 1 <= len(value) <= 1000 else "a list of 1 to 1,000 values"
    if operator == "between":
        return None if isinstance(value, list) and len(value) == 2 else "a list of two values, both included"
    if operator in _SEARCHES:
        return None if isinstance(value, str) else "a text"
    return "a single value" if value is None or isinstance(value, list) else None


def _compare(column: Column, operator: Operator, value: Any, parameters: dict[str, Any], path: str) -> str:
    if operator in _PRESENCES:
        return f"{column.sql} {_PRESENCES[operator]}"
    if operator in _SEARCHES:
        key = f"value_{len(parameters)}"
        parameters[key] = value
        return f"{_SEARCHES[operator]}({column.text_sql}, CAST(${key} AS VARCHAR))"
    values = value if isinstance(value, list) else [value]
    bound = [bind(column, one, f"value_{len(parameters)}", parameters, path) for one in values]
    if operator in _LISTS:
        return f"{comparable(column)} {_LISTS[operator]} ({', '.join(bound)})"
    if operator == "between":
        return f"{comparable(column)} BETWEEN {bound[0]} AND {bound[1]}"
    return f"{comparable(column)} {_COMPARISONS[operator]} {bound[0]}"

"""Aggregate each group of rows into one row.

Sums of floating-point numbers depend on the order of addition, and DuckDB's threads add in any order. So such a sum
is computed in the order of the rows. It gets a statement of its own, because ordering takes memory.

Many groups do not fit into memory together. A hash of their key splits them into parts, and each part is aggregated
on its own. A group is always in one part, so its figures are the same as without parts.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from jobs.handler import Payload, quote_name
from jobs.handlers.process_data.columns import FLOATS, INTEGERS, Column, Kind
from jobs.handlers.process_data.faults import OperationFault
from jobs.handlers.process_data.transformation.operations.arithmetic import require_sums
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName, ColumnNames
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable, step_progress

Function = Literal["sum", "avg", "min", "max", "count", "count_distinct", "median", "stddev"]
_GROUPS_IN_PART = 250_000
_OF_NUMBERS = frozenset(("sum", "avg", "median", "stddev"))


class Aggregation(Payload):
    """One figure of a group. ``count`` without a column counts rows; all others leave missing values out."""

    function: Function = Field(
        title="Figure",
        json_schema_extra={
            "x-form": {
                "choices": {
                    "sum": "Sum",
                    "avg": "Average",
                    "min": "Smallest",
                    "max": "Largest",
                    "count": "Count",
                    "count_distinct": "Count of different values",
                    "median": "Median",
                    "stddev": "Standard deviation",
                }
            }
        },
    )
    column: ColumnName | None = Field(default=None, title="Of the column")
    name: ColumnName | None = Field(default=None, alias="as", title="Name of the new column")

    @model_validator(mode="after")
    def _has_column(self) -> "Aggregation":
        if self.column is None and self.function != "count":
            raise ValueError(f"'{self.function}' needs a column")
        return self

    @property
    def named(self) -> str:
        return self.name or (f"{self.function}_{self.column}" if self.column else "count")

    def sql(self, column: Column | None) -> str:
        if column is None:
            return "count(*)"
        order = " ORDER BY rowid" if self.needs_order(column) else ""
        match self.function:
            case "count_distinct":
                return f"count(DISTINCT {column.sql})"
            case "stddev":
                return f"stddev_samp({column.sql}{order})"
            case _:
                return f"{self.function}({column.sql}{order})"

    def needs_order(self, column: Column | None) -> bool:
        if column is None:
            return False
        return self.function == "stddev" or (self.function in ("sum", "avg") and column.type in FLOATS)


class Aggregate(BaseOperation):
    """One row for each group, ordered by the group; without ``group_by`` all rows are one group."""

    model_config = ConfigDict(
        json_schema_extra={"x-form": {"help": "One row for each group, with figures of its rows."}}
    )

    type: Literal["aggregate"]
    group_by: ColumnNames | None = Field(
        default=None,
        title="One row for each",
        json_schema_extra={"x-form": {"help": "Leave it empty for one row in all."}},
    )
    aggregations: list[Aggregation] = Field(min_length=1, max_length=100, title="Figures")

    @field_validator("aggregations")
    @classmethod
    def _different_names(cls, aggregations: list[Aggregation]) -> list[Aggregation]:
        names = [one.named.casefold() for one in aggregations]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two figures are called '{repeated[0]}'; name them with 'as'")
        return aggregations

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        groups = list(dict.fromkeys(self.group_by or ()))
        keys = [working.column(name, f"group_by[{at}]") for at, name in enumerate(groups)]
        columns = [self._column_of(working, at) for at in range(len(self.aggregations))]
        self._require_names(groups)
        figures = [(f"figure_{at}", one.sql(column)) for at, (one, column) in enumerate(self._with_columns(columns))]
        ordered = [at for at, (one, column) in enumerate(self._with_columns(columns)) if one.needs_order(column)]
        plain = [figure for at, figure in enumerate(figures) if at not in ordered]
        rows, parts = working.rows, _count_parts(working, keys)
        # The first step was to count the groups, the last is to join their figures.
        step, steps = 1, (1 + len(ordered)) * parts + 2
        on_progress(rows, rows * steps)
        tables: list[str] = []
        for chosen in [plain, *([figures[at]] for at in ordered)]:
            for part in range(parts):
                select = _group(working.name, keys, chosen, _part(keys, part, parts))
                on_share = step_progress(on_progress, rows, step=step, steps=steps)
                if part:
                    working.append(tables[-1], select, on_share)
                else:
                    tables.append(working.side_table(select, on_share))
                on_share(1.0)
                step += 1
        on_share = step_progress(on_progress, rows, step=step, steps=steps)
        cells = [self._cell(working, tables[0], at, one, columns[at]) for at, one in enumerate(self.aggregations)]
        working.replace(_join(tables, keys, cells), on_share)
        working.drop(tables)
        on_share(1.0)

    def _cell(self, working: WorkingTable, table: str, at: int, one: Aggregation, column: Column | None) -> str:
        """Return SQL for a figure. A sum has as many bits, or digits, as the values may have."""
        figure, name = f"figure_{at}", quote_name(one.named)
        if column is None or one.function != "sum" or column.type in FLOATS:
            return f"{figure} AS {name}"
        is_whole = column.type in INTEGERS
        [(lowest, highest)] = working.fetch(f"SELECT min({figure}), max({figure}) FROM {table}")
        if lowest is not None:
            require_sums("sum", column, [lowest, highest], is_whole=is_whole)
        return f"CAST({figure} AS BIGINT) AS {name}" if is_whole else f"{figure} AS {name}"

    def _with_columns(self, columns: Sequence[Column | None]) -> list[tuple[Aggregation, Column | None]]:
        return list(zip(self.aggregations, columns, strict=True))

    def _column_of(self, working: WorkingTable, at: int) -> Column | None:
        one, path = self.aggregations[at], f"aggregations[{at}].column"
        if one.column is None:
            return None
        column = working.column(one.column, path)
        if one.function in _OF_NUMBERS and column.kind is not Kind.NUMBER:
            raise OperationFault(path, f"'{one.function}' needs numbers; '{column.name}' holds {column.type}")
        return column

    def _require_names(self, groups: list[str]) -> None:
        taken = {name.casefold() for name in groups}
        for at, one in enumerate(self.aggregations):
            if one.named.casefold() in taken:
                raise OperationFault(f"aggregations[{at}].as", f"'{one.named}' is the name of a column in group_by")


def _count_parts(working: WorkingTable, keys: list[Column]) -> int:
    """Return the number of parts that the groups are split into. The same rows give the same number."""
    if not keys or working.rows <= _GROUPS_IN_PART:
        return 1
    [(groups,)] = working.fetch(f"SELECT approx_count_distinct({_hash(keys)}) FROM {working.name}")
    return max(1, -(-int(groups) // _GROUPS_IN_PART))


def _hash(keys: list[Column]) -> str:
    return f"hash({', '.join(key.sql for key in keys)})"


def _part(keys: list[Column], part: int, parts: int) -> str:
    return f" WHERE {_hash(keys)} % {parts} = {part}" if parts > 1 else ""


def _group(table: str, keys: list[Column], figures: list[tuple[str, str]], where: str) -> str:
    cells = [f"{key.sql} AS key_{at}" for at, key in enumerate(keys)]
    # Without a key and a figure there would be nothing to select; the number of rows does no harm.
    cells += [f"{sql} AS {name}" for name, sql in figures] or ["count(*) AS rows_in_group"]
    by = f" GROUP BY {', '.join(key.sql for key in keys)}" if keys else ""
    return f"SELECT {', '.join(cells)} FROM {table}{where}{by}"


def _join(tables: list[str], keys: list[Column], figures: list[str]) -> str:
    first, *others = tables
    same = [
        " AND ".join(f"{first}.key_{at} IS NOT DISTINCT FROM {other}.key_{at}" for at in range(len(keys))) or "true"
        for other in others
    ]
    joins = "".join(f" JOIN {other} ON {on}" for other, on in zip(others, same, strict=True))
    cells = [*(f"{first}.key_{at} AS {key.sql}" for at, key in enumerate(keys)), *figures]
    order = ", ".join(f"{first}.key_{at} ASC NULLS LAST" for at in range(len(keys)))
    return f"SELECT {', '.join(cells)} FROM {first}{joins}" + (f" ORDER BY {order}" if order else "")

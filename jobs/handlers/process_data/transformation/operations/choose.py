"""Choose columns and rows: ``select``, ``drop``, ``rename`` and ``limit``."""

from typing import ClassVar, Literal

from pydantic import Field

from jobs.handlers.process_data.faults import OperationFault
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName, ColumnNames
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable


class Select(BaseOperation):
    """Keep these columns, in this order."""

    type: Literal["select"]
    columns: ColumnNames

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        chosen = [working.column(name, f"columns[{at}]") for at, name in enumerate(self.columns)]
        working.rewrite({column.name: column.sql for column in chosen}, on_progress)


class Drop(BaseOperation):
    """Leave these columns out."""

    type: Literal["drop"]
    columns: ColumnNames

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        left_out = {working.column(name, f"columns[{at}]").name for at, name in enumerate(self.columns)}
        cells = {column.name: column.sql for column in working.columns.values() if column.name not in left_out}
        if not cells:
            raise OperationFault("columns", "no column would be left")
        working.rewrite(cells, on_progress)


class Rename(BaseOperation):
    """Rename columns; they keep their positions."""

    type: Literal["rename"]
    columns: dict[ColumnName, ColumnName] = Field(
        min_length=1,
        max_length=500,
        title="New names",
        json_schema_extra={"x-form": {"widget": "column", "help": "The column, and its new name."}},
    )
    """Existing name → new name."""

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        for name in self.columns:
            working.column(name, f"columns.{name}")
        names = [self.columns.get(name, name) for name in working.columns]
        if len({name.casefold() for name in names}) < len(names):
            raise OperationFault("columns", "two columns would have the same name, ignoring upper and lower case")
        cells = {self.columns.get(column.name, column.name): column.sql for column in working.columns.values()}
        working.rewrite(cells, on_progress)


class Limit(BaseOperation):
    """Keep the first rows."""

    drops_rows: ClassVar[bool] = True
    type: Literal["limit"]
    rows: int = Field(ge=1)

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        cells = {column.name: column.sql for column in working.columns.values()}
        rows = min(self.rows, working.rows)
        working.rewrite(cells, on_progress, condition=f"rowid < {rows}")

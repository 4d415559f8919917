"""Sort rows (``sort``) and drop duplicates (``deduplicate``)."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from jobs.handler import Payload
from jobs.handlers.process_data.transformation.operations.base import BaseOperation, ColumnName, ColumnNames
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable, step_progress


class SortKey(Payload):
    column: ColumnName
    descending: bool = Field(default=False, title="Largest first")


class Sort(BaseOperation):
    """Order the rows. Missing values come last; rows that are equal keep their order."""

    type: Literal["sort"]
    by: list[SortKey] = Field(min_length=1, max_length=50)

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        keys = [
            f"{working.column(key.column, f'by[{at}].column').sql} {'DESC' if key.descending else 'ASC'} NULLS LAST"
            for at, key in enumerate(self.by)
        ]
        on_share = step_progress(on_progress, working.rows, step=0, steps=1)
        working.replace(f"SELECT * FROM {working.name} ORDER BY {', '.join(keys)}, rowid", on_share)
        on_share(1.0)


class Deduplicate(BaseOperation):
    """Keep one of the rows that are equal in ``columns``, or in all columns without it. Missing values are equal."""

    model_config = ConfigDict(json_schema_extra={"x-form": {"help": "Keep one of the rows that are equal."}})

    drops_rows: ClassVar[bool] = True
    type: Literal["deduplicate"]
    columns: ColumnNames | None = Field(
        default=None,
        title="Rows that are equal in",
        json_schema_extra={"x-form": {"help": "Leave it empty for all columns."}},
    )
    keep: Literal["first", "last"] = Field(
        default="first",
        title="Keep",
        json_schema_extra={"x-form": {"choices": {"first": "The first", "last": "The last"}}},
    )

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        names = list(working.columns) if self.columns is None else self.columns
        columns = [working.column(name, f"columns[{at}]").sql for at, name in enumerate(names)]
        function, rows = "min" if self.keep == "first" else "max", working.rows
        # Finding the rows is a third of the work, copying them the rest.
        on_share = step_progress(on_progress, rows, step=0, steps=3)
        kept = working.side_table(
            f"SELECT {function}(rowid) AS row FROM {working.name} GROUP BY {', '.join(columns)} ORDER BY row", on_share
        )
        on_share(1.0)
        working.keep(kept, lambda done, total: on_progress(total + 2 * done, 3 * total))
        working.drop([kept])

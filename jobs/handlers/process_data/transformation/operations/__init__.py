"""Operations of a transformation. Each is a model of the payload that knows its SQL for DuckDB.

A user's input reaches SQL only as a bound parameter, or as a column's name that was first found among the real
columns. The name of a new column is quoted.
"""

from typing import Annotated

from pydantic import Field, JsonValue

from jobs.handlers.process_data.transformation.operations.aggregate import Aggregate
from jobs.handlers.process_data.transformation.operations.arrange import Deduplicate, Sort
from jobs.handlers.process_data.transformation.operations.choose import Drop, Limit, Rename, Select
from jobs.handlers.process_data.transformation.operations.filter import Filter
from jobs.handlers.process_data.transformation.operations.transform import AnyTransform

_LABELS: dict[str, JsonValue] = {
    "filter": "Keep rows",
    "transform": "Change a column",
    "aggregate": "Group and summarise",
    "sort": "Sort rows",
    "deduplicate": "Remove duplicates",
    "select": "Keep columns",
    "drop": "Remove columns",
    "rename": "Rename columns",
    "limit": "Keep the first rows",
}
Operation = Annotated[
    Filter | AnyTransform | Aggregate | Sort | Deduplicate | Select | Drop | Rename | Limit,
    Field(discriminator="type", json_schema_extra={"x-form": {"choices": _LABELS}}),
]

__all__ = ["Operation"]

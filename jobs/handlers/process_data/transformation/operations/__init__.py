"""Operations of a transformation. Each is a model of the payload that knows its SQL for DuckDB.

A user's input reaches SQL only as a bound parameter, or as a column's name that was first found among the real
columns. The name of a new column is quoted.
"""

from typing import Annotated

from pydantic import Field

from jobs.handlers.process_data.transformation.operations.aggregate import Aggregate
from jobs.handlers.process_data.transformation.operations.arrange import Deduplicate, Sort
from jobs.handlers.process_data.transformation.operations.choose import Drop, Limit, Rename, Select
from jobs.handlers.process_data.transformation.operations.filter import Filter
from jobs.handlers.process_data.transformation.operations.transform import AnyTransform

Operation = Annotated[
    Filter | AnyTransform | Aggregate | Sort | Deduplicate | Select | Drop | Rename | Limit,
    Field(discriminator="type"),
]

__all__ = ["Operation"]

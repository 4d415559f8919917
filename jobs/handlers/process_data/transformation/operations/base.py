"""Define the base of all operations: a model that can be applied to a table."""

from typing import Annotated, ClassVar

from pydantic import Field

from jobs.handler import Payload
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

# The format lets a form suggest the columns of the chosen dataset.
ColumnName = Annotated[str, Field(min_length=1, max_length=128, json_schema_extra={"format": "streamer-column"})]
ColumnNames = Annotated[list[ColumnName], Field(min_length=1, max_length=500)]


class BaseOperation(Payload):
    """One operation. ``apply`` changes the table in place."""

    drops_rows: ClassVar[bool] = False
    """True if the rows that the operation removes count as dropped."""

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        """Apply the operation. Raises ``OperationFault`` if the table does not allow it."""
        raise NotImplementedError

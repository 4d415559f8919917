"""What every operation of a transformation is: a model that can be applied to a table."""

from typing import Annotated, ClassVar

from pydantic import Field

from jobs.handler import Payload
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

# The format lets a form suggest the columns of the dataset that was chosen.
ColumnName = Annotated[str, Field(min_length=1, max_length=128, json_schema_extra={"format": "streamer-column"})]
ColumnNames = Annotated[list[ColumnName], Field(min_length=1, max_length=500)]


class BaseOperation(Payload):
    """One operation. The table has the outcome when ``apply`` is done."""

    drops_rows: ClassVar[bool] = False
    """Whether rows that are gone afterwards count as dropped."""

    def apply(self, working: WorkingTable, on_progress: OnProgress) -> None:
        """Raises ``OperationFault`` when the table is not one it can be done on."""
        raise NotImplementedError

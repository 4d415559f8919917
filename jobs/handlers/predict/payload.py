"""Define the payload of ``predict``."""

from uuid import UUID

from pydantic import Field

from jobs.handler import DataSource, Payload
from jobs.handlers.process_data.payload import FORMATS, OutputFormat


class Output(Payload):
    """The file with all rows and their predictions."""

    format: OutputFormat = Field(default="csv", title="Format", json_schema_extra={"x-form": {"choices": FORMATS}})


class PredictPayload(Payload):
    """A model that ``process_data`` saved, and rows for it."""

    model: UUID = Field(
        title="Model",
        description="The artifact_id of one of your model.skops files.",
        json_schema_extra={"x-form": {"widget": "model", "help": "One of the models that your requests have learned."}},
    )
    data_source: DataSource = Field(
        title="Data",
        description="Rows with the columns that the model learned from.",
        examples=[{"type": "dataset", "dataset_id": "sample"}],
    )
    output: Output = Field(default=Output(), title="Output", examples=[{"format": "csv"}])

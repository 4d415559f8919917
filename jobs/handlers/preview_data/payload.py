"""Define the payload of ``preview_data``: what it needs of a payload of ``process_data``."""

from typing import Annotated

from pydantic import ConfigDict, Field

from jobs.handler import DataSource, Payload
from jobs.handlers.process_data.transformation.operations import Operation

_PART = ConfigDict(extra="ignore", strict=True, frozen=True)


class PreviewOptions(Payload):
    """The operations. Other options mean nothing here."""

    model_config = _PART

    operations: Annotated[list[Operation], Field(max_length=50)] = Field(default_factory=list)


class PreviewPayload(Payload):
    """The data and the operations. Other fields of ``process_data`` mean nothing here."""

    model_config = _PART

    data_source: DataSource = Field(title="Data")
    options: PreviewOptions = Field(default_factory=PreviewOptions)

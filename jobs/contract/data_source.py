"""The five kinds of data source by which a payload names the rows to work on."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DatasetSource(_Named):
    """A dataset of the tenant, or a source that operators registered."""

    type: Literal["dataset"]
    dataset_id: str = Field(
        min_length=1,
        max_length=128,
        title="Dataset",
        description="Its name or its id.",
        json_schema_extra={"format": "streamer-dataset"},
    )


class FileSource(_Named):
    """A file below the folder that operators opened for this (``STREAMER_FILES_DIR``)."""

    type: Literal["file"]
    path: str = Field(min_length=1, max_length=1024)
    """A relative path, with / between folders."""


class QuerySource(_Named):
    """The outcome of one SELECT in DuckDB's SQL over the tenant's datasets, each a table under its name."""

    type: Literal["query"]
    sql: str = Field(min_length=1, max_length=20_000, title="SQL")


class StreamSource(_Named):
    """The messages that a Redis Stream holds or receives, until either limit is reached."""

    type: Literal["stream"]
    stream_id: str = Field(min_length=1, max_length=256)
    max_messages: int = Field(default=10_000, ge=1, le=1_000_000)
    max_seconds: float = Field(default=10.0, ge=0, le=600, strict=False)


class InlineSource(_Named):
    """Rows in the payload itself."""

    type: Literal["inline"]
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=10_000)


DataSource = Annotated[
    DatasetSource | FileSource | QuerySource | StreamSource | InlineSource, Field(discriminator="type")
]
"""A payload field that names rows to work on."""

"""The five kinds of data source by which a payload names the rows to work on."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from jobs.contract.source import DatasetId


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DatasetSource(_Named):
    """A dataset of the tenant, or a source that operators registered."""

    type: Literal["dataset"]
    dataset_id: DatasetId


class FileSource(_Named):
    """A file below the folder that operators opened for this (``STREAMER_FILES_DIR``)."""

    type: Literal["file"]
    path: str = Field(
        min_length=1, max_length=1024, title="Path", json_schema_extra={"x-form": {"placeholder": "sales/2025.parquet"}}
    )
    """A relative path, with / between folders."""


class QuerySource(_Named):
    """The outcome of one SELECT in DuckDB's SQL over the tenant's datasets, each a table under its name."""

    type: Literal["query"]
    sql: str = Field(
        min_length=1,
        max_length=20_000,
        title="SQL",
        json_schema_extra={"x-form": {"placeholder": "SELECT * FROM orders WHERE amount > 100"}},
    )


class StreamSource(_Named):
    """The messages that a Redis Stream holds or receives, until either limit is reached."""

    type: Literal["stream"]
    stream_id: str = Field(min_length=1, max_length=256, title="Name of the stream")
    max_messages: int = Field(default=10_000, ge=1, le=1_000_000, title="Messages at most")
    max_seconds: float = Field(default=10.0, ge=0, le=600, strict=False, title="Seconds at most")


class InlineSource(_Named):
    """Rows in the payload itself."""

    type: Literal["inline"]
    rows: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=10_000,
        title="Rows",
        examples=[[{"name": "Ada", "score": 3}, {"name": "Grace", "score": 5}]],
    )


_KINDS: dict[str, JsonValue] = {
    "dataset": "A dataset",
    "file": "A file on the server",
    "query": "A query over datasets",
    "stream": "A stream of messages",
    "inline": "Rows written here",
}
DataSource = Annotated[
    DatasetSource | FileSource | QuerySource | StreamSource | InlineSource,
    Field(discriminator="type", json_schema_extra={"x-form": {"choices": _KINDS}}),
]
"""A payload field that names rows to work on."""

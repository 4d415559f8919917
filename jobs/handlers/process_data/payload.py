"""Define the payload of ``process_data``: rows, a pipeline, its options and its output."""

from typing import Annotated, Literal

from pydantic import Field

from jobs.handler import DataSource, Payload
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.operations.base import ColumnName, ColumnNames

Pipeline = Literal["classification", "regression", "clustering", "anomaly", "transformation"]
OutputFormat = Literal["json", "csv", "parquet"]


class Destination(Payload):
    """A dataset that the outcome is kept as, beside the file."""

    dataset: str = Field(
        pattern=r"^[a-z0-9_][a-z0-9_-]{0,63}$",
        title="New dataset",
        description="Its name, which no other may have.",
        examples=["customers_clean"],
    )
    expires_in_days: float | None = Field(
        default=None, ge=0, le=3650, title="Expires in days", description="0: never; without it, as others do."
    )


class Output(Payload):
    """The file with all rows of the outcome."""

    format: OutputFormat = Field(default="json", title="Format")
    filename: str | None = Field(
        default=None,
        pattern=r"^\w[\w .()-]{0,99}$",
        title="File name",
        description="What the file is called; without it, 'output'. Its ending is added where it is missing.",
        examples=["customers"],
    )

    destination: Destination | None = Field(
        default=None,
        title="Destination",
        description="The outcome also becomes a dataset, which other requests can read.",
        examples=[{"dataset": "customers_clean"}],
    )

    @property
    def full_name(self) -> str:
        name, ending = self.filename or "output", f".{self.format}"
        return name if name.lower().endswith(ending) else name + ending


class Options(Payload):
    """Options of the pipeline. Options that it does not use are faults."""

    target: ColumnName | None = Field(default=None, description="The column to predict.")
    features: ColumnNames | None = Field(default=None, description="The columns to learn from; without it, all others.")
    test_size: float | None = Field(
        default=None, gt=0, lt=0.5, description="The share of the rows that is kept aside to measure on."
    )
    seed: int | None = Field(default=None, ge=0, lt=2**32, description="Same rows, same seed: same outcome.")
    confidence_threshold: float | None = Field(
        default=None, ge=0, le=1, description="Predictions that are less sure are marked as uncertain."
    )
    max_iterations: int | None = Field(default=None, ge=1, le=100_000)
    n_clusters: int | None = Field(default=None, ge=2, le=50, description="Without it, the number that fits best.")
    contamination: float | None = Field(
        default=None, gt=0, le=0.5, description="The share of the rows that is expected to be out of the ordinary."
    )
    label: ColumnName | None = Field(default=None, description="The column that says which rows are known anomalies.")
    operations: Annotated[list[Operation], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Done one after another, each on the outcome of the one before."
    )


class ProcessPayload(Payload):
    """A pipeline, its data source, its options and its output."""

    pipeline: Pipeline = Field(
        title="Pipeline",
        description="classification and regression predict a column, clustering finds groups, anomaly finds rows that "
        "are out of the ordinary, transformation applies operations.",
        examples=["transformation"],
    )
    data_source: DataSource = Field(
        title="Data",
        description="A dataset by its name or id, a file, a query over datasets, a stream, or the rows themselves.",
        examples=[
            {"type": "dataset", "dataset_id": "sample"},
            {"type": "inline", "rows": [{"a": 1}, {"a": 2}]},
        ],
    )
    output: Output = Field(default_factory=Output, title="Output", examples=[{"format": "csv"}])
    options: Options = Field(
        default_factory=Options,
        title="Options",
        examples=[{"operations": [{"type": "filter", "column": "a", "operator": "gt", "value": 1}]}],
    )

    @property
    def operations(self) -> list[Operation]:
        return self.options.operations or []

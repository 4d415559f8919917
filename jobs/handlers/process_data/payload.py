"""Define the payload of ``process_data``: rows, a pipeline, its options and its output."""

from typing import Annotated, Literal

from pydantic import Field

from jobs.handler import DataSource, Payload
from jobs.handlers.process_data.learning.options import Optimise, Rare
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.operations.base import ColumnName, ColumnNames

Pipeline = Literal["classification", "regression", "clustering", "anomaly", "transformation"]
OutputFormat = Literal["json", "csv", "parquet"]


class Destination(Payload):
    """A dataset that the outcome is kept as, beside the file."""

    dataset: str = Field(
        pattern=r"^[a-z0-9_][a-z0-9_-]{0,63}$",
        title="New dataset",
        description="The name of the new dataset, which must not be taken.",
        examples=["customers_clean"],
    )
    expires_in_days: float | None = Field(
        default=None,
        ge=0,
        le=3650,
        title="Expires in days",
        description="Days until it expires; 0: never. By default, as for other datasets.",
    )


class Output(Payload):
    """The file with all rows of the outcome."""

    format: OutputFormat = Field(default="json", title="Format")
    filename: str | None = Field(
        default=None,
        pattern=r"^\w[\w .()-]{0,99}$",
        title="File name",
        description="The name of the file, by default 'output'. A missing extension is added.",
        examples=["customers"],
    )

    destination: Destination | None = Field(
        default=None,
        title="Destination",
        description="Keep the outcome as a dataset too, so that other requests can read it.",
        examples=[{"dataset": "customers_clean"}],
    )

    @property
    def full_name(self) -> str:
        name, ending = self.filename or "output", f".{self.format}"
        return name if name.lower().endswith(ending) else name + ending


class Options(Payload):
    """Options of the pipeline. Options that it does not use are faults."""

    target: ColumnName | None = Field(default=None, description="The column to predict.")
    features: ColumnNames | None = Field(default=None, description="The columns to learn from; by default, all others.")
    test_size: float | None = Field(
        default=None, gt=0, lt=0.5, description="The share of the rows to keep for the test."
    )
    seed: int | None = Field(
        default=None, ge=0, lt=2**32, description="The same rows and the same seed give the same outcome."
    )
    optimise: Optimise | None = Field(
        default=None,
        title="What to optimise",
        description="accuracy, the default: each row gets its most probable class. balanced_accuracy: rare classes "
        "count as much as common ones, so they are predicted more often.",
    )
    rare: Rare | None = Field(
        default=None,
        title="Classes of one or two rows",
        description="fail, the default: they end the request. group: they become one class, 'other'. drop: their rows "
        "are left out.",
    )
    confidence_threshold: float | None = Field(
        default=None, ge=0, le=1, description="Predictions with a lower confidence are marked as uncertain."
    )
    max_iterations: int | None = Field(
        default=None, ge=1, le=100_000, description="The most iterations, trees or rounds of one fit; by default 200."
    )
    n_clusters: int | None = Field(
        default=None, ge=2, le=50, description="The number of clusters; by default, the one with the best silhouette."
    )
    contamination: float | None = Field(
        default=None, gt=0, le=0.5, description="The expected share of anomalies among the rows."
    )
    label: ColumnName | None = Field(default=None, description="The column that marks known anomalies.")
    operations: Annotated[list[Operation], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Operations to apply, each to the outcome of the one before."
    )


class ProcessPayload(Payload):
    """A pipeline, its data source, its options and its output."""

    pipeline: Pipeline = Field(
        title="Pipeline",
        description="classification and regression predict a column, clustering finds groups, anomaly finds unusual "
        "rows, transformation applies operations.",
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

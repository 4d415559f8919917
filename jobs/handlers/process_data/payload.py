"""Define the payload of ``process_data``: rows, a pipeline, its options and its output."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from jobs.handler import DataSource, Payload
from jobs.handlers.process_data.learning.options import Optimise, Rare
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.operations.base import ColumnName, ColumnNames

Pipeline = Literal["classification", "regression", "clustering", "anomaly", "transformation"]
OutputFormat = Literal["json", "csv", "parquet"]
FORMATS: dict[str, JsonValue] = {"json": "JSON", "csv": "CSV", "parquet": "Parquet"}
_PIPELINES: dict[str, JsonValue] = {
    "classification": "Predict a category",
    "regression": "Predict a number",
    "clustering": "Find groups",
    "anomaly": "Find unusual rows",
    "transformation": "Transform rows",
}
_SUPERVISED = ("classification", "regression")
_LEARNING = (*_SUPERVISED, "clustering", "anomaly")


def _of(*pipelines: str, **keys: JsonValue) -> dict[str, JsonValue]:
    """Return the form keys of an option that only these pipelines have."""
    return {"x-form": {"show_when": {"pipeline": list(pipelines)}, **keys}}


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

    format: OutputFormat = Field(default="json", title="Format", json_schema_extra={"x-form": {"choices": FORMATS}})
    filename: str | None = Field(
        default=None,
        pattern=r"^\w[\w .()-]{0,99}$",
        title="File name",
        description="The name of the file; by default it says what the file holds. A missing extension is added.",
        examples=["customers"],
        json_schema_extra={"x-form": {"placeholder": "output"}},
    )

    destination: Destination | None = Field(
        default=None,
        title="Destination",
        description="Keep the outcome as a dataset too, so that other requests can read it.",
        examples=[{"dataset": "customers_clean"}],
        json_schema_extra={"x-form": {"label": "Keep as a dataset"}},
    )

    @property
    def full_name(self) -> str | None:
        """Return the given name with its extension; None if none is given."""
        name, ending = self.filename, f".{self.format}"
        return name if name is None or name.lower().endswith(ending) else name + ending


class Options(Payload):
    """Options of the pipeline. Options that it does not use are faults."""

    target: ColumnName | None = Field(
        default=None,
        title="Column to predict",
        description="The column to predict.",
        json_schema_extra=_of(*_SUPERVISED, help="", required_when={"pipeline": [*_SUPERVISED]}),
    )
    features: ColumnNames | None = Field(
        default=None,
        title="Columns to learn from",
        description="The columns to learn from; by default, all others.",
        json_schema_extra=_of(*_LEARNING, help="Leave it empty for all others."),
    )
    test_size: float | None = Field(
        default=None,
        gt=0,
        lt=0.5,
        title="Share of the test",
        description="The share of the rows to keep for the test.",
        json_schema_extra=_of(*_SUPERVISED, group="Fine tuning", placeholder="0.2"),
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**32,
        title="Seed",
        description="The same rows and the same seed give the same outcome.",
        json_schema_extra=_of(*_LEARNING, group="Fine tuning", placeholder="0"),
    )
    optimise: Optimise | None = Field(
        default=None,
        title="What to optimise",
        description="accuracy, the default: each row gets its most probable class. balanced_accuracy: rare classes "
        "count as much as common ones, so they are predicted more often.",
        json_schema_extra=_of(
            "classification",
            choices={"accuracy": "All rows alike", "balanced_accuracy": "All classes alike"},
            help="All classes alike: rare classes count as much as common ones, so they are predicted more often.",
        ),
    )
    rare: Rare | None = Field(
        default=None,
        title="Classes of one or two rows",
        description="fail, the default: they end the request. group: they become one class, 'other'. drop: their rows "
        "are left out.",
        json_schema_extra=_of(
            "classification",
            choices={"fail": "End the request", "group": "Make them one class, 'other'", "drop": "Leave them out"},
            help="",
        ),
    )
    confidence_threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Least confidence",
        description="Predictions with a lower confidence are marked as uncertain.",
        json_schema_extra=_of("classification", "clustering", group="Fine tuning"),
    )
    max_iterations: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        title="Most iterations",
        description="The most iterations, trees or rounds of one fit; by default 200.",
        json_schema_extra=_of(*_LEARNING, group="Fine tuning", placeholder="200"),
    )
    n_clusters: int | None = Field(
        default=None,
        ge=2,
        le=50,
        title="Number of groups",
        description="The number of clusters; by default, the one with the best silhouette.",
        json_schema_extra=_of("clustering", help="Leave it empty to have the best number found."),
    )
    contamination: float | None = Field(
        default=None,
        gt=0,
        le=0.5,
        title="Expected share",
        description="The expected share of anomalies among the rows.",
        json_schema_extra=_of("anomaly", help="The expected share of unusual rows, by default 0.05."),
    )
    label: ColumnName | None = Field(
        default=None,
        title="Known anomalies",
        description="The column that marks known anomalies.",
        json_schema_extra=_of("anomaly", help="The column that marks them, if there is one. It is only compared with."),
    )
    operations: Annotated[list[Operation], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        title="Operations",
        description="Operations to apply, each to the outcome of the one before.",
        json_schema_extra=_of(
            "transformation",
            help="Each is applied to the outcome of the one before.",
            required_when={"pipeline": "transformation"},
            preview="preview_data",
        ),
    )


class ProcessPayload(Payload):
    """A pipeline, its data source, its options and its output."""

    pipeline: Pipeline = Field(
        title="Pipeline",
        description="classification and regression predict a column, clustering finds groups, anomaly finds unusual "
        "rows, transformation applies operations.",
        examples=["transformation"],
        json_schema_extra={"x-form": {"label": "What to do", "choices": _PIPELINES, "help": ""}},
    )
    data_source: DataSource = Field(
        title="Data",
        description="A dataset by its name or id, a file, a query over datasets, a stream, or the rows themselves.",
        examples=[
            {"type": "dataset", "dataset_id": "sample"},
            {"type": "inline", "rows": [{"a": 1}, {"a": 2}]},
        ],
    )
    output: Output = Field(
        default_factory=Output,
        title="Output",
        examples=[{"format": "csv"}],
        json_schema_extra={"x-form": {"label": "File and dataset of the outcome", "order": 1}},
    )
    options: Options = Field(
        default_factory=Options,
        title="Options",
        examples=[{"operations": [{"type": "filter", "column": "a", "operator": "gt", "value": 1}]}],
        json_schema_extra={"x-form": {"open": True, "help": ""}},
    )

    @property
    def operations(self) -> list[Operation]:
        return self.options.operations or []

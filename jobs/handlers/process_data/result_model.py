"""Define the result of ``process_data``. ``result`` makes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.handler import FileResult, Result
from jobs.handlers.process_data.payload import Pipeline


class Column(Result):
    name: str
    type: str
    """The name of the type in Arrow."""


class OperationDone(Result):
    """The effect of one operation."""

    index: int
    type: str
    rows_before: int
    rows_after: int
    seconds: float


class Versions(Result):
    """The versions of what did the work."""

    python: str
    duckdb: str
    numpy: str
    pandas: str
    pyarrow: str
    sklearn: str


class Summary(Result):
    """The figures of the run. Lists and objects that would make it too large are left out."""

    pipeline: Pipeline
    total_records: int
    output_records: int
    dropped: int
    processing_time: float
    """In seconds."""
    model: str | None
    model_version: str | None
    seed: int | None
    data_fingerprint: str
    """The SHA-256 of columns and rows, in hexadecimal digits."""
    metrics: dict[str, Any] | None = None
    baseline: dict[str, Any] | None = None
    """The same metrics for a prediction that uses no feature."""
    versions: Versions | None = None
    columns: list[Column] | None = None
    missing: dict[str, int] | None = None
    """Column → missing values. Only of a transformation, as ``operations``."""
    operations: list[OperationDone] | None = None
    learned_records: int | None = None
    """The rows that were learned from. Only of pipelines that learn, as ``details``."""
    details: dict[str, Any] | None = None
    left_out: list[str] | None = None
    """The names of what is left out."""


class NewDataset(Result):
    dataset_id: UUID
    name: str
    rows: int
    size_bytes: int
    expires_at: datetime | None
    """Null for one that does not expire."""


class ProcessFiles(Result):
    output: FileResult
    model: FileResult | None = None
    """Only of pipelines that learn, as ``report``."""
    report: FileResult | None = None


class ProcessResult(Result):
    """The figures, the first rows, and all rows in a file."""

    summary: Summary
    records: list[dict[str, Any]]
    """The first rows, at most 100."""
    notes: list[str]
    """Sentences about what is easily overlooked."""
    artifacts: ProcessFiles
    dataset: NewDataset | None = None
    """Only with a destination."""

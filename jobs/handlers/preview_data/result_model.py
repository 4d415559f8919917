"""Define the result of ``preview_data``."""

from typing import Any

from jobs.handler import Result


class PreviewColumn(Result):
    name: str
    type: str
    """The type in DuckDB."""


class PreviewResult(Result):
    """The outcome of the operations on the first rows of the data."""

    columns: list[PreviewColumn]
    rows: list[dict[str, Any]]
    """The first rows of the outcome: at most 20, and fewer where they are wide. Long texts are cut."""
    total_rows: int
    """The rows of the outcome."""
    read_rows: int
    """The rows that were read."""
    is_cut: bool
    """True if the data may have more rows than were read."""

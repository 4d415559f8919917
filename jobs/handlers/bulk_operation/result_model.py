"""Define the results of ``bulk_operation`` and of the shares of one. ``result`` makes the former."""

from jobs.handler import FileResult, Result


class Failure(Result):
    index: int
    """The place of the item, from 0 on."""
    title: str
    """The item as a request of it would be called; empty where nothing of it can be told."""
    code: str
    message: str


class BulkFiles(Result):
    outcomes: FileResult
    """Each outcome, as JSON Lines."""
    rejects: FileResult | None = None
    """The failed items; only where there are any."""


class BulkResult(Result):
    operation: str
    total_items: int
    processed: int
    succeeded: int
    failed: int
    skipped: int
    success_rate: float | None
    """Succeeded ÷ processed, 0–1; null if no item was processed."""
    duration_seconds: float
    items_per_second: float | None
    errors: dict[str, int]
    """Error code → items."""
    failures: list[Failure]
    """The first failures: at most 100, and no more than fit into the result."""
    artifacts: BulkFiles
    notes: list[str]


class ShareResult(Result):
    processed: int

"""Make the result of a bulk operation: its figures, its errors by code, and the first failures."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jobs.handler import Bulk, Counts

MAX_FAILURES = 100
_MAX_MESSAGE_CHARACTERS = 300


def figures(counts: Counts) -> dict[str, Any]:
    """Return the figures. ``success_rate``: succeeded ÷ processed, 0–1; null if no item was processed."""
    return {
        "total_items": counts.total,
        "processed": counts.processed,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "skipped": counts.total - counts.processed,
        "success_rate": round(counts.succeeded / counts.processed, 4) if counts.processed else None,
        "duration_seconds": round(counts.seconds, 3),
        "items_per_second": round(counts.processed / counts.seconds, 1) if counts.seconds > 0 else None,
    }


def make_result(bulk: Bulk, operation: str, **artifacts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the result of a finished bulk operation, or the receipt of a cancelled one."""
    codes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    for outcome, _ in bulk.rejected():
        assert outcome.error is not None
        codes[outcome.error["code"]] += 1
        if len(failures) < MAX_FAILURES:
            message = outcome.error["message"][:_MAX_MESSAGE_CHARACTERS]
            failures.append({"index": outcome.index, "code": outcome.error["code"], "message": message})
    files = {name: one for name, one in artifacts.items() if one is not None}
    summary = {"operation": operation, **figures(bulk.counts())}
    return {**summary, "errors": dict(codes.most_common()), "failures": failures, "artifacts": files}

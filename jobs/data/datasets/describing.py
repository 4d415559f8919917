"""The descriptions of datasets for clients."""

from typing import Any

from jobs.models import Dataset


def summary(row: Dataset) -> dict[str, Any]:
    """Build the summary. Times are RFC 3339; ``expires_at`` is null for a dataset that never expires."""
    return {
        "kind": "dataset",
        "dataset_id": str(row.id),
        "name": row.name,
        "filename": row.filename,
        "format": row.format,
        "rows": row.rows,
        "columns": row.columns,
        "uploaded_bytes": row.uploaded_bytes,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "user_id": row.user_id,
        "notes": row.notes,
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
    }


def description(row: Dataset) -> dict[str, Any]:
    """Build the summary with the first rows."""
    return {**summary(row), "sample": row.sample}

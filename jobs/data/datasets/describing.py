"""The descriptions of datasets and sources for clients."""

from pathlib import Path
from typing import Any

from jobs.data.datasets.adding import scratch_folder
from jobs.data.sources import SourceDefinition
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


def source_summary(source: SourceDefinition) -> dict[str, Any]:
    return {
        "kind": "source",
        "dataset_id": source.name,
        "name": source.name,
        "label": source.label,
        "description": source.description,
    }


def source_description(source: SourceDefinition) -> dict[str, Any]:
    """Build columns, types and first rows. The rows are not counted, because a large table makes that slow.

    Raises ``HandlerError`` when the source cannot be read.
    """
    # DuckDB takes 100 MB, so a process that describes no source does not load it.
    from jobs.data.datasets.preview import source_preview  # noqa: PLC0415

    with scratch_folder() as folder:
        return {**source_summary(source), "rows": None, **source_preview(source, Path(folder))}

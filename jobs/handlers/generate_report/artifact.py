"""Store a finished file as the request's artifact."""

from pathlib import Path
from typing import Any

from jobs.handler import Context
from jobs.handlers.generate_report.payload import ReportFormat
from jobs.handlers.generate_report.stages import Progress, Stage

MEDIA_TYPES: dict[ReportFormat, str] = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
EXTENSIONS: dict[ReportFormat, str] = {"pdf": "pdf", "csv": "csv", "excel": "xlsx"}
_CHUNKS = 10
_MIN_CHUNK_BYTES, _MAX_CHUNK_BYTES = 2 * 1024, 8 * 1024 * 1024


def store(path: Path, filename: str, media_type: str, context: Context, progress: Progress) -> dict[str, Any]:
    """Copy the file into an artifact chunk by chunk; return the artifact's description."""
    total, stored = path.stat().st_size, 0
    size = min(_MAX_CHUNK_BYTES, max(_MIN_CHUNK_BYTES, total // _CHUNKS))
    with context.save_artifact(filename, media_type) as artifact, path.open("rb") as file:
        while chunk := file.read(size):
            progress.check()
            artifact.file.write(chunk)
            stored += len(chunk)
            message = f"Stored {_write_size(stored, total)} of {_write_size(total, total)} {_unit(total)}"
            progress.report(Stage.STORING, stored, total, message, bytes_stored=stored, bytes_total=total)
    return artifact.describe()


def _unit(total: int) -> str:
    return "MB" if total >= 100_000 else "kB"


def _write_size(size: int, total: int) -> str:
    """Write ``size`` in the unit that suits ``total``, without the unit."""
    return f"{size / 1e6:.1f}" if _unit(total) == "MB" else f"{size / 1e3:.1f}"

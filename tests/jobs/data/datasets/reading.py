"""Files as people upload them, and the results of their ingest."""

from pathlib import Path
from typing import Any

from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.outcome import Ingested, Options


def read(folder: Path, content: bytes | str, **options: Any) -> Ingested:
    """Ingest a file with this content, and return the result."""
    path = folder / "upload"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return ingest(path, folder, Options(**options))


def types_of(ingested: Ingested) -> dict[str, str]:
    return {column["name"]: column["type"] for column in ingested.columns}


def rows_of(ingested: Ingested) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ingested.sample]

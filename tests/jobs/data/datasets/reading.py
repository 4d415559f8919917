"""Files as people upload them, and what became of them."""

from pathlib import Path
from typing import Any

from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.outcome import Ingested, Options


def read(folder: Path, content: bytes | str, *, name: str = "upload", **options: Any) -> Ingested:
    """Ingest a file with this content, and return the result."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return ingest(path, folder, Options(**options))


def types_of(ingested: Ingested) -> dict[str, str]:
    return {column["name"]: column["type"] for column in ingested.columns}


def rows_of(ingested: Ingested) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ingested.sample]

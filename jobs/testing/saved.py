"""The files and datasets that a run has saved, as tests read them."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Self
from uuid import UUID

from django.core.files.storage import Storage

from jobs.files.artifacts import signed_url
from jobs.models import Artifact


@dataclass(frozen=True, kw_only=True)
class SavedArtifact:
    """A file that was saved with ``Context.save_artifact``, with all its content."""

    id: UUID
    filename: str
    """The name that clients see, which is the handler's name without what no file may be called."""
    media_type: str
    content: bytes = field(repr=False)
    sha256: str
    """In hexadecimal digits."""
    url: str | None
    """None where no URL of files is installed."""
    expires_at: datetime

    @classmethod
    def read(cls, row: Artifact, storage: Storage) -> Self:
        """Read the file of ``row`` from the storage that holds it."""
        with storage.open(row.storage_name) as file:
            content = file.read()
        return cls(
            id=row.id,
            filename=row.filename,
            media_type=row.media_type,
            content=content,
            sha256=row.sha256,
            url=signed_url(row),
            expires_at=row.expires_at,
        )

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    @property
    def text(self) -> str:
        """The content as UTF-8."""
        return self.content.decode()

    def open(self) -> BinaryIO:
        """Open the content for reading; it can be seeked in."""
        return io.BytesIO(self.content)


@dataclass(frozen=True, kw_only=True)
class SavedDataset:
    """A dataset that was saved with ``Context.save_dataset``, with all its rows."""

    id: UUID
    name: str
    columns: Mapping[str, str]
    """Name → DuckDB type, in order."""
    content: bytes = field(repr=False)
    """The Parquet file that would be stored."""
    expires_at: datetime | None
    """None: it does not expire."""

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, each as name → Python value."""
        import pyarrow.parquet  # noqa: PLC0415  # heavy, and few handlers save datasets

        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(self.content)).to_pylist()
        return rows

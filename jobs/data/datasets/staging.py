"""Datasets that requests produce: stored under the attempt, visible once the request completes."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import default_storage

from jobs.data.datasets.failures import DatasetError
from jobs.data.datasets.outcome import Options
from jobs.data.datasets.store import check_name, check_quota, remove_expired, store_file
from jobs.errors import Permanent, Retryable
from jobs.models import Dataset

logger = logging.getLogger(__name__)


class WrittenDataset:
    """The ``DatasetFile`` of a run: a scratch file first, an unsaved ``Dataset`` row once it is closed."""

    file: BinaryIO
    row: Dataset

    def describe(self) -> dict[str, Any]:
        return {
            "dataset_id": str(self.row.id),
            "name": self.row.name,
            "rows": self.row.rows,
            "size_bytes": self.row.size_bytes,
            "expires_at": self.row.expires_at.isoformat() if self.row.expires_at else None,
        }


class DatasetStaging:
    """Makes the datasets of one run and remembers them until the run's outcome is known."""

    def __init__(self, *, folder: str, tenant_id: str, user_id: str, scratch: Callable[[], Path]) -> None:
        """Stage below ``folder`` of the storage, the attempt's own, so that files of a killed attempt are found."""
        self._folder = folder
        self._owner = {"tenant_id": tenant_id, "user_id": user_id}
        self._scratch = scratch
        self.rows: list[Dataset] = []

    def new(self, name: str, expires_in_days: float | None) -> AbstractContextManager[WrittenDataset]:
        """See ``Context.save_dataset``. An error inside the block leaves nothing behind."""
        tenant_id = self._owner["tenant_id"]
        with told_to_clients():
            check_name(tenant_id, name)
            check_quota(tenant_id, 1)
        return self._writing(name, expires_in_days)

    @contextmanager
    def _writing(self, name: str, expires_in_days: float | None) -> Iterator[WrittenDataset]:
        folder = self._scratch() / uuid4().hex
        folder.mkdir()
        path, dataset = folder / "written.parquet", WrittenDataset()
        try:
            with path.open("w+b") as file:
                dataset.file = file
                yield dataset
            dataset.row = self._store(path, name, expires_in_days)
            self.rows.append(dataset.row)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def discard(self) -> None:
        """Delete the stored files of a run that did not complete."""
        for row in self.rows:
            default_storage.delete(row.storage_name)
        self.rows.clear()

    def _store(self, path: Path, name: str, expires_in_days: float | None) -> Dataset:
        # DuckDB takes 100 MB, so a web process does not load it.
        from jobs.data.datasets.ingest.conversion import ingest  # noqa: PLC0415

        with path.open("rb") as written:
            sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            size_bytes = written.tell()
        try:
            remove_expired(self._owner["tenant_id"], name)
            with told_to_clients():
                row = store_file(
                    ingest(path, path.parent, Options(memory=settings.STREAMER_DUCKDB_MEMORY)),
                    filename=f"{name}.parquet",
                    uploaded_bytes=size_bytes,
                    sha256=sha256,
                    expires_in_days=expires_in_days,
                    folder=self._folder,
                    **self._owner,
                )
                row.name = name
                return row
        except OSError as error:
            logger.warning("A dataset could not be stored: %s", error)
            raise Retryable("The dataset could not be stored right now") from None


@contextmanager
def told_to_clients() -> Iterator[None]:
    try:
        yield
    except DatasetError as error:
        raise Permanent(error.message, details=error.details) from None

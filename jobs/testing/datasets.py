"""Datasets that a run in memory saves: checked and converted as real ones are, but kept by the run alone."""

import uuid
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from jobs.contract.source import source_names
from jobs.data.datasets.failures import InvalidName, QuotaExceeded
from jobs.data.datasets.naming import checked_name
from jobs.data.datasets.outcome import Options
from jobs.data.datasets.staging import DatasetStaging, WrittenDataset, told_to_clients
from jobs.formatting import format_bytes
from jobs.models import Dataset
from jobs.testing.saved import SavedDataset


class MemoryDatasets(DatasetStaging):
    """The datasets of one run. ``taken`` are the names of those that the tenant has already."""

    def __init__(self, *, taken: Collection[str], tenant_id: str, user_id: str, scratch: Callable[[], Path]) -> None:
        super().__init__(folder="", tenant_id=tenant_id, user_id=user_id, scratch=scratch)
        self._taken = taken
        self._contents: dict[uuid.UUID, bytes] = {}

    def new(self, name: str, expires_in_days: float | None) -> AbstractContextManager[WrittenDataset]:
        with told_to_clients():
            _check_name(name, self._taken)
            _check_quota(1)
        return self._writing(name, expires_in_days)

    def saved(self) -> list[SavedDataset]:
        """Return the datasets whose blocks have ended, oldest first."""
        return [
            SavedDataset(
                id=row.id,
                name=row.name,
                columns={column["name"]: column["type"] for column in row.columns},
                content=self._contents[row.id],
                expires_at=row.expires_at,
            )
            for row in self.rows
        ]

    def discard(self) -> None:
        self.rows.clear()

    def has_twins(self) -> bool:
        """Tell whether two datasets have one name, so that only one of them could be stored."""
        return len({row.name for row in self.rows}) < len(self.rows)

    def _store(self, path: Path, name: str, expires_in_days: float | None) -> Dataset:
        # DuckDB weighs 100 MB, and few handlers save datasets.
        from jobs.data.datasets.ingest.conversion import ingest  # noqa: PLC0415

        with told_to_clients():
            ingested = ingest(path, path.parent, Options(memory=settings.STREAMER_DUCKDB_MEMORY))
            content = Path(ingested.path).read_bytes()
            _check_quota(len(content))
        days = settings.STREAMER_DATASET_DAYS if expires_in_days is None else expires_in_days
        row = Dataset(
            name=name,
            columns=ingested.columns,
            rows=ingested.rows,
            size_bytes=len(content),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        self._contents[row.id] = content
        return row


def _check_name(name: str, taken: Collection[str]) -> None:
    checked_name(name)
    if name in source_names():
        raise InvalidName(f"'{name}' is the name of a registered source; take another name")
    if name in taken:
        raise InvalidName(f"There is a dataset '{name}' already; delete it first, or take another name")


def _check_quota(size_bytes: int) -> None:
    quota = settings.STREAMER_DATASET_QUOTA_BYTES
    if size_bytes > quota:
        text = f"The datasets of the tenant take {format_bytes(0)} of {format_bytes(quota)}; delete some first"
        raise QuotaExceeded(text, {"used_bytes": 0, "quota_bytes": quota, "needed_bytes": size_bytes})

"""The way from a file on disk to a dataset, which uploads and the command share."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from jobs.data.datasets.failures import DatasetError, TooLarge
from jobs.data.datasets.ingest.ingest_process import ingest_in_process
from jobs.data.datasets.naming import checked_name
from jobs.data.datasets.outcome import Ingested, Options
from jobs.data.datasets.store import check_name, check_quota, store_dataset
from jobs.errors import Fault
from jobs.models import Dataset
from jobs.usage.quotas import check_daily_bytes

MAX_DAYS = 3650
Ingest = Callable[[Path, Path, Options], Ingested]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The options of a dataset that is added. None: detected from the file, or taken from the settings."""

    name: str | None = None
    sheet: str | None = None
    header: bool | None = None
    expires_in_days: float | None = None
    """Days until it expires. 0: never."""

    def __post_init__(self) -> None:
        if self.name is not None:
            checked_name(self.name)
        days = self.expires_in_days
        if days is not None and not 0 <= days <= MAX_DAYS:
            text = f"a number of days from 0 (for ever) to {MAX_DAYS}"
            fault = Fault(path="expires_in_days", message=text, type="out_of_range")
            raise DatasetError(f"expires_in_days: {text}", {"faults": [fault]})


def scratch_folder() -> AbstractContextManager[str]:
    """Make a folder for one upload, and delete it when the upload ends."""
    settings.STREAMER_SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    return TemporaryDirectory(prefix="upload-", dir=settings.STREAMER_SCRATCH_DIR, ignore_cleanup_errors=True)


def check_room(tenant_id: str, wish: Wish) -> None:
    """Raise the errors that are known before the file is read: a taken name, a used-up quota."""
    if wish.name is not None:
        check_name(tenant_id, wish.name)
    check_quota(tenant_id, 1)
    check_daily_bytes(tenant_id)


def add_dataset(
    path: Path,
    scratch_dir: Path,
    *,
    tenant_id: str,
    user_id: str,
    filename: str,
    wish: Wish,
    ingest: Ingest = ingest_in_process,
) -> Dataset:
    """Ingest the file and store it as a dataset. The file itself stays. Raises ``DatasetError``."""
    size_bytes = path.stat().st_size
    if size_bytes > settings.STREAMER_DATASET_MAX_BYTES:
        raise TooLarge.over(settings.STREAMER_DATASET_MAX_BYTES)
    check_room(tenant_id, wish)
    options = Options(
        sheet=wish.sheet,
        header=wish.header,
        memory=settings.STREAMER_DUCKDB_MEMORY,
        most_unpacked_bytes=settings.STREAMER_DATASET_UNPACKED_BYTES,
        disk_bytes=settings.STREAMER_DUCKDB_DISK_BYTES,
        seconds=settings.STREAMER_INGEST_SECONDS,
    )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return store_dataset(
        ingest(path, scratch_dir, options),
        tenant_id=tenant_id,
        user_id=user_id,
        filename=filename or "dataset",
        uploaded_bytes=size_bytes,
        sha256=sha256,
        name=wish.name,
        expires_in_days=wish.expires_in_days,
    )

"""Orphans: stored files without a row, left behind by attempts and uploads whose process was killed."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import cycle

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.data.datasets.store import FOLDER as DATASETS
from jobs.files.storage import StoredFile, stored_after
from jobs.models import Artifact, AsyncRequest, Dataset, Status

ORPHAN_AGE = timedelta(hours=1)
ARTIFACTS = "artifacts"
FOLDERS = (ARTIFACTS, DATASETS)
PAGE = 500


def all_orphans() -> Iterator[str]:
    """List the names of all orphans. Reads every name that is stored."""
    for folder in FOLDERS:
        page = stored_after(folder, "", PAGE)
        while page:
            yield from orphans_among(page)
            page = stored_after(folder, page[-1].name, PAGE)


def some_orphans(start: str, limit: int) -> Iterator[str]:
    """List the orphans among ``limit`` names of each folder: those after ``start``, and then the first ones."""
    for folder in FOLDERS:
        page = stored_after(folder, f"{folder}/{start}", limit)
        first = stored_after(folder, "", limit - len(page)) if len(page) < limit else []
        yield from orphans_among(list({file.name: file for file in (*page, *first)}.values()))


def orphans_among(files: Sequence[StoredFile]) -> list[str]:
    """List the old files that no artifact or dataset names, and that no running attempt can still turn into one."""
    before = timezone.now() - ORPHAN_AGE
    old = [file.name for file in files if file.modified_at < before]
    if not old:
        return []
    # Attempts first: one that ends between the two queries has its artifacts by the second.
    running = AsyncRequest.objects.filter(status=Status.PROCESSING).values_list("id", "attempt")
    live = tuple(f"{ARTIFACTS}/{request_id}/{attempt}/" for request_id, attempt in running)
    named = set(Artifact.objects.filter(storage_name__in=old).values_list("storage_name", flat=True))
    named |= set(Dataset.objects.filter(storage_name__in=old).values_list("storage_name", flat=True))
    return [name for name in old if name not in named and not name.startswith(live)]


class OrphanSweep:
    """A rule of the sweeper: it looks at one page of names at a time, and begins again after the last."""

    def __init__(self) -> None:
        self._folders = cycle(FOLDERS)
        self._folder = next(self._folders)
        self._after = ""
        self._next_at = 0.0

    def __call__(self, now: datetime) -> int:
        if time.monotonic() < self._next_at:
            return 0
        # Set before the work, so that a storage that does not answer is left alone as long.
        self._next_at = time.monotonic() + settings.STREAMER_ORPHAN_SWEEP_SECONDS
        try:
            page = stored_after(self._folder, self._after, PAGE)
        except NotImplementedError:  # this storage cannot list its files
            return 0
        orphans = orphans_among(page)
        for name in orphans:
            default_storage.delete(name)
        if page:
            self._after = page[-1].name
        else:
            self._folder, self._after = next(self._folders), ""
        return len(orphans)

"""Artifacts, datasets and their files, files that belong to nothing, and scratch folders that were left behind."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.artifacts import CHUNK_BYTES
from jobs.datasets.store import FOLDER
from jobs.doctor.check import Check, Found, NotExamined, of_items, of_rows
from jobs.handler.registry import all_handlers
from jobs.models import Artifact, AsyncRequest, BulkSlice, Dataset, Status

ORPHAN_AGE = timedelta(hours=1)
SCRATCH_AGE = timedelta(days=1)
_ROOT = "artifacts"
_ROOTS = (_ROOT, FOLDER)
_PAGE = 500


def _kept() -> QuerySet[Artifact]:
    """Those that the sweeper is not about to delete."""
    return Artifact.objects.filter(expires_at__gt=timezone.now()).order_by()


def _missing() -> Found:
    return of_items(row.id for row in _kept().iterator() if not default_storage.exists(row.storage_name))


def _missing_of_datasets() -> Found:
    kept = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    rows = Dataset.objects.filter(kept).order_by().only("storage_name", "size_bytes")
    return of_items(row.pk for row in rows.iterator() if not _is_there(row))


def _is_there(row: Dataset) -> bool:
    try:
        return default_storage.size(row.storage_name) == row.size_bytes
    except FileNotFoundError:
        return False


def _wrong_size() -> Found:
    return of_items(row.id for row in _kept().iterator() if _has_wrong_size(row))


def _wrong_hash() -> Found:
    return of_items(row.id for row in _kept().iterator() if _has_wrong_hash(row))


def _has_wrong_size(row: Artifact) -> bool:
    try:
        return default_storage.size(row.storage_name) != row.size_bytes
    except FileNotFoundError:
        return False  # told by another check


def _has_wrong_hash(row: Artifact) -> bool:
    digest = hashlib.sha256()
    try:
        with default_storage.open(row.storage_name) as file:
            for chunk in file.chunks(CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        return False
    return digest.hexdigest() != row.sha256


def _of_unfinished() -> QuerySet[Artifact]:
    # Those of a bulk's items are kept with the items' outcomes, whatever becomes of the bulk.
    bulks = BulkSlice.objects.values("request_id")
    owned = Artifact.objects.filter(request__isnull=False).exclude(request_id__in=bulks)
    return owned.exclude(request__status=Status.COMPLETED)


# --- files without a row ---------------------------------------------------------------------------------------------


def _walk(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    except NotImplementedError:
        raise NotExamined("this storage cannot list its files") from None
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk(f"{folder}/{name}")


def _orphans() -> Iterator[str]:
    """Old files that no artifact or dataset names, and no running attempt can still make one of."""
    running = AsyncRequest.objects.filter(status=Status.PROCESSING).values_list("id", "attempt")
    live = tuple(f"{_ROOT}/{request_id}/{attempt}/" for request_id, attempt in running)
    before = timezone.now() - ORPHAN_AGE
    names = (name for root in _ROOTS for name in _walk(root) if not name.startswith(live))
    while page := list(islice(names, _PAGE)):
        # The age last: to ask for it is a round trip where files are in a store over the network.
        yield from (name for name in _unnamed(page) if _is_older(name, before))


def _is_older(name: str, before: datetime) -> bool:
    try:
        return bool(default_storage.get_modified_time(name) < before)
    except FileNotFoundError:  # deleted meanwhile
        return False


def _unnamed(names: list[str]) -> list[str]:
    named = set(Artifact.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    named |= set(Dataset.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    return [name for name in names if name not in named]


def _delete_orphans() -> str:
    names = list(_orphans())
    for name in names:
        default_storage.delete(name)
    return f"deleted {len(names)} files"


# --- scratch ---------------------------------------------------------------------------------------------------------


def _old_scratch() -> list[Path]:
    folder = settings.STREAMER_SCRATCH_DIR
    if not folder.is_dir():
        return []
    longest = max([SCRATCH_AGE.total_seconds(), *(one.timeout_seconds for one in all_handlers().values())])
    return [path for path in sorted(folder.iterdir()) if time.time() - path.lstat().st_mtime > longest]


def _delete_scratch() -> str:
    folders = _old_scratch()
    for path in folders:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return f"deleted {len(folders)} folders"


CHECKS = (
    Check(name="artifact-files", sentence="Every artifact has its file.", look=_missing),
    Check(name="artifact-sizes", sentence="The file of an artifact has the size it says.", look=_wrong_size),
    Check(
        name="dataset-files",
        sentence="Every dataset has its file, of the size it says.",
        look=_missing_of_datasets,
    ),
    Check(
        name="artifact-requests",
        sentence="An artifact of a request belongs to one that completed.",
        look=lambda: of_rows(_of_unfinished()),
    ),
    Check(
        name="orphans",
        sentence="No stored file older than an hour is without an artifact or a dataset.",
        look=lambda: of_items(_orphans()),
        remedy=_delete_orphans,
    ),
    Check(
        name="scratch",
        sentence="No scratch folder is older than a day (or than the longest time a handler may take).",
        look=lambda: of_items(path.name for path in _old_scratch()),
        remedy=_delete_scratch,
    ),
)
DEEP_CHECKS = (
    Check(name="artifact-hashes", sentence="The file of an artifact has the sha256 it says.", look=_wrong_hash),
)

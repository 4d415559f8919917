"""Checks of the storage, of artifacts, datasets and their files, of orphans, and of scratch folders left behind."""

import hashlib
from pathlib import Path

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils import timezone

from jobs.doctor.check import NOTHING, Check, Found, NotExamined, of_items, of_rows
from jobs.files.artifacts import CHUNK_BYTES
from jobs.files.scratch import dead_folders, delete, old_entries
from jobs.files.storage import probe
from jobs.models import Artifact, BulkSlice, Dataset, Status
from jobs.sweeper.orphans import all_orphans


def _kept() -> QuerySet[Artifact]:
    """Select those that the sweeper is not about to delete."""
    return Artifact.objects.filter(expires_at__gt=timezone.now()).order_by()


def _missing() -> Found:
    return of_items(row.id for row in _kept().iterator() if not default_storage.exists(row.storage_name))


def _missing_of_datasets() -> Found:
    rows = Dataset.objects.living().order_by().only("storage_name", "size_bytes")
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
        return False  # reported by another check


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
    # Files of a bulk's items are kept with the items' outcomes, however the bulk ends.
    bulks = BulkSlice.objects.values("request_id")
    owned = Artifact.objects.filter(request__isnull=False).exclude(request_id__in=bulks)
    return owned.exclude(request__status=Status.COMPLETED)


# --- files without a row, and scratch --------------------------------------------------------------------------------


def _orphans() -> Found:
    try:
        return of_items(all_orphans())
    except NotImplementedError:
        raise NotExamined("this storage cannot list its files") from None


def _delete_orphans() -> str:
    names = list(all_orphans())
    for name in names:
        default_storage.delete(name)
    return f"deleted {len(names)} files"


def _left_scratch() -> list[Path]:
    return sorted({*old_entries(), *dead_folders()})


def _storage() -> Found:
    probe()
    return NOTHING


CHECKS = (
    Check(name="storage", sentence="The file storage answers.", look=_storage),
    Check(name="artifact-files", sentence="Every artifact has its file.", look=_missing),
    Check(name="artifact-sizes", sentence="The file of an artifact has the recorded size.", look=_wrong_size),
    Check(
        name="dataset-files",
        sentence="Every dataset has its file, of the recorded size.",
        look=_missing_of_datasets,
    ),
    Check(
        name="artifact-requests",
        sentence="An artifact of a request belongs to one that completed.",
        look=lambda: of_rows(_of_unfinished()),
    ),
    Check(
        name="orphans",
        sentence="Every stored file older than an hour belongs to an artifact or a dataset.",
        look=_orphans,
        remedy=_delete_orphans,
    ),
    Check(
        name="scratch",
        sentence="No scratch folder belongs to a dead process, or is older than a day and any handler's time limit.",
        look=lambda: of_items(path.name for path in _left_scratch()),
        remedy=lambda: f"deleted {delete(_left_scratch())} folders",
    ),
)
DEEP_CHECKS = (
    Check(name="artifact-hashes", sentence="The file of an artifact has the recorded sha256.", look=_wrong_hash),
)

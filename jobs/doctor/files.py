"""Checks of the storage, of artifacts, datasets and their files, of orphans, and of scratch folders left behind."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.doctor.check import NOTHING, Check, Found, NotExamined, of_items, of_rows
from jobs.doctor.scope import LATEST, Scope
from jobs.doctor.sweeping import SWEEPER_GRACE
from jobs.files.artifacts import CHUNK_BYTES
from jobs.files.scratch import dead_folders, delete, old_entries
from jobs.files.storage import probe
from jobs.formatting import format_counted
from jobs.models import RECEIPTED, Artifact, BulkSlice, Dataset, Status
from jobs.queue.health.services import missing_folder
from jobs.sweeper.orphans import all_orphans, some_orphans


def _kept(scope: Scope) -> QuerySet[Artifact]:
    """Select those that the sweeper is not about to delete."""
    return scope.artifacts.filter(expires_at__gt=timezone.now())


def _missing(scope: Scope) -> Found:
    return of_items(row.id for row in _kept(scope).iterator() if not default_storage.exists(row.storage_name))


def _missing_of_datasets() -> Found:
    rows = Dataset.objects.living().order_by().only("storage_name", "size_bytes")
    return of_items(row.pk for row in rows.iterator() if not _is_there(row))


def _is_there(row: Dataset) -> bool:
    try:
        return default_storage.size(row.storage_name) == row.size_bytes
    except FileNotFoundError:
        return False


def _wrong_size(scope: Scope) -> Found:
    return of_items(row.id for row in _kept(scope).iterator() if _has_wrong_size(row))


def _wrong_hash(scope: Scope) -> Found:
    return of_items(row.id for row in _kept(scope).iterator() if _has_wrong_hash(row))


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


def _of_unfinished(scope: Scope) -> QuerySet[Artifact]:
    # Files of a bulk's items are kept with the items' outcomes, however the bulk ends.
    bulks = BulkSlice.objects.values("request_id")
    owned = scope.artifacts.filter(request__isnull=False).exclude(request_id__in=bulks)
    receipts = Q(request__status__in=RECEIPTED, request__result__isnull=False)
    return owned.exclude(receipts | Q(request__status=Status.COMPLETED))


# --- files without a row, and scratch --------------------------------------------------------------------------------


def _orphans(scope: Scope) -> Iterator[str]:
    return all_orphans() if scope.deep else some_orphans(scope.start, LATEST)


def _find_orphans(scope: Scope) -> Found:
    try:
        return of_items(_orphans(scope))
    except NotImplementedError:
        raise NotExamined("this storage cannot list its files") from None


def _delete_orphans(scope: Scope) -> str:
    names = list(_orphans(scope))
    for name in names:
        default_storage.delete(name)
    return f"deleted {format_counted(len(names), 'file')}"


def _left_scratch() -> list[Path]:
    return sorted({*old_entries(), *dead_folders(overdue_seconds=SWEEPER_GRACE.total_seconds())})


def _storage() -> Found:
    probe()
    return NOTHING


def _scratch_room() -> Found:
    missing = missing_folder()
    return of_items([missing.problem] if missing else [])


def checks(scope: Scope) -> tuple[Check, ...]:
    """List the checks of files in ``scope``. A deep one reads every stored file."""
    shallow = (
        Check(name="storage", sentence="The file storage answers.", look=_storage),
        Check(name="artifact-files", sentence="Every artifact has its file.", look=lambda: _missing(scope)),
        Check(
            name="artifact-sizes",
            sentence="The file of an artifact has the recorded size.",
            look=lambda: _wrong_size(scope),
        ),
        Check(
            name="dataset-files",
            sentence="Every dataset has its file, of the recorded size.",
            look=_missing_of_datasets,
        ),
        Check(
            name="artifact-requests",
            sentence="An artifact of a request belongs to one that completed, or that ended with a receipt.",
            look=lambda: of_rows(_of_unfinished(scope)),
        ),
        Check(
            name="orphans",
            sentence="Every stored file older than an hour belongs to an artifact or a dataset.",
            look=lambda: _find_orphans(scope),
            remedy=lambda: _delete_orphans(scope),
        ),
        Check(name="scratch-room", sentence="The scratch folder takes files.", look=_scratch_room),
        Check(
            name="scratch",
            sentence="No scratch folder belongs to a dead process, or is older than a day and any handler's "
            "time limit.",
            look=lambda: of_items(path.name for path in _left_scratch()),
            remedy=lambda: f"deleted {delete(_left_scratch())} folders",
        ),
    )
    hashes = Check(
        name="artifact-hashes",
        sentence="The file of an artifact has the recorded sha256.",
        look=lambda: _wrong_hash(scope),
    )
    return (*shallow, hashes) if scope.deep else shallow

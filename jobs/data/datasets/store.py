"""The datasets of a tenant: added, found, listed, deleted. Every query here has a tenant in it.

Deleting marks the row as expired first, which hides the dataset from everybody. Then the file and the row are deleted.
The sweeper's rule "expired datasets" finishes an interrupted deletion.
"""

import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from jobs.contract.source import source_names
from jobs.data.datasets.failures import InvalidName, QuotaExceeded
from jobs.data.datasets.naming import checked_name, name_from
from jobs.data.datasets.outcome import Ingested
from jobs.errors import Permanent, Retryable
from jobs.formatting import format_bytes
from jobs.full_disk import is_disk_full
from jobs.jsonable import is_storable, to_json
from jobs.models import Dataset
from jobs.paging import cut_page, newest_first
from jobs.usage.stored import add_bytes, add_stored, check_room

logger = logging.getLogger(__name__)

FOLDER = "datasets"
_CHUNK_BYTES = 1024 * 1024
_TRIES = 5


def datasets_of(tenant_id: str) -> QuerySet[Dataset]:
    """The tenant's datasets whose time is not over."""
    return Dataset.objects.living().filter(tenant_id=tenant_id)


def find_dataset(tenant_id: str, id_or_name: str) -> Dataset | None:
    """Find the tenant's dataset by id or name; None when there is none."""
    if not is_storable(id_or_name):
        return None
    rows = datasets_of(tenant_id)
    try:
        row = rows.filter(id=UUID(id_or_name)).first()
    except ValueError:
        row = None
    return row or rows.filter(name=id_or_name).first()


def list_datasets(tenant_id: str, *, limit: int, cursor: str | None = None) -> tuple[Sequence[Dataset], str | None]:
    """A page, without samples, the newest first, and the cursor of the next (None: this was the last).

    Raises ``ValueError`` for a cursor that no earlier page gave.
    """
    return cut_page(list(newest_first(datasets_of(tenant_id).defer("sample"), cursor)[: limit + 1]), limit)


def used_bytes(tenant_id: str) -> int:
    """Return the bytes that the tenant's datasets take of its quota."""
    return int(datasets_of(tenant_id).aggregate(total=Sum("size_bytes"))["total"] or 0)


def check_quota(tenant_id: str, size_bytes: int) -> None:
    """Raise ``QuotaExceeded`` or ``TenantFull`` if the tenant has no room for ``size_bytes`` more."""
    check_room(tenant_id, size_bytes)
    used, quota = used_bytes(tenant_id), settings.STREAMER_DATASET_QUOTA_BYTES
    if used + size_bytes > quota:
        text = f"The datasets of the tenant take {format_bytes(used)} of {format_bytes(quota)}; delete some first"
        details = {"used_bytes": used, "quota_bytes": quota, "needed_bytes": size_bytes}
        raise QuotaExceeded(text, details)


def check_name(tenant_id: str, name: str) -> None:
    """Raise ``InvalidName`` for a name that is malformed or taken."""
    checked_name(name)
    if name in source_names():
        raise InvalidName(f"'{name}' is the name of a registered source; take another name")
    if datasets_of(tenant_id).filter(name=name).exists():
        raise InvalidName(f"There is a dataset '{name}' already; delete it first, or take another name")


def store_dataset(
    ingested: Ingested,
    *,
    tenant_id: str,
    user_id: str,
    filename: str,
    uploaded_bytes: int,
    sha256: str,
    name: str | None = None,
    expires_in_days: float | None = None,
) -> Dataset:
    """Store the Parquet file and its row, or neither. ``expires_in_days``: None takes the setting, 0 means never.

    Raises ``InvalidName``, ``QuotaExceeded`` and ``TenantFull``.
    """
    if name is not None:
        check_name(tenant_id, name)
    row = store_file(
        ingested,
        tenant_id=tenant_id,
        user_id=user_id,
        filename=filename,
        uploaded_bytes=uploaded_bytes,
        sha256=sha256,
        expires_in_days=expires_in_days,
    )
    try:
        _insert(row, name)
    except BaseException:
        with suppress(OSError):  # a file that cannot be deleted now is an orphan
            default_storage.delete(row.storage_name)
        raise
    return row


def store_file(
    ingested: Ingested,
    *,
    tenant_id: str,
    user_id: str,
    filename: str,
    uploaded_bytes: int,
    sha256: str,
    expires_in_days: float | None,
    folder: str = FOLDER,
) -> Dataset:
    """Store the Parquet file. Return its unsaved row, which has no name yet.

    Raises ``QuotaExceeded`` and ``TenantFull``.
    """
    size_bytes = Path(ingested.path).stat().st_size
    check_quota(tenant_id, size_bytes)
    dataset_id = uuid.uuid4()
    row = Dataset(
        id=dataset_id,
        tenant_id=tenant_id,
        user_id=user_id,
        filename=to_json(filename)[-255:],
        format=ingested.format,
        uploaded_bytes=uploaded_bytes,
        size_bytes=size_bytes,
        sha256=sha256,
        columns=to_json(ingested.columns),
        rows=ingested.rows,
        sample=to_json(ingested.sample),
        notes=to_json(ingested.notes),
        expires_at=_expiry(expires_in_days),
        # No part of the name comes from the client.
        storage_name=f"{folder}/{dataset_id.hex}.parquet",
    )
    try:
        with open(ingested.path, "rb") as file:
            row.storage_name = default_storage.save(row.storage_name, File(file))
    except OSError as error:
        if is_disk_full(error):  # do not keep half a file
            with suppress(OSError):
                default_storage.delete(row.storage_name)
        raise
    return row


def delete_dataset(tenant_id: str, id_or_name: str) -> bool:
    """Delete the tenant's dataset. Return False if there was none."""
    row = find_dataset(tenant_id, id_or_name)
    if row is None:
        return False
    Dataset.objects.filter(id=row.id).update(expires_at=timezone.now())
    try:
        remove(row)
    except OSError as error:
        logger.warning("The file of a deleted dataset is left to the sweeper: %s", error)
    return True


def remove(row: Dataset) -> None:
    """Delete the file, then the row. The sweeper repeats an interrupted deletion."""
    default_storage.delete(row.storage_name)
    with transaction.atomic():
        if Dataset.objects.filter(id=row.id).delete()[0]:
            add_bytes({row.tenant_id: -row.size_bytes})


def local_copy(dataset: Dataset, scratch_dir: Path) -> Path:
    """Return the Parquet file on this machine: the storage's own if it is local, else a copy in ``scratch_dir``.

    Raises ``Permanent`` when the file is missing, for example because the dataset was deleted meanwhile. Raises
    ``Retryable`` when the storage does not answer.
    """
    try:
        return _local_copy(dataset, scratch_dir)
    except OSError as error:
        raise Retryable(f"The dataset '{dataset.name}' cannot be read at the moment.") from error


def _local_copy(dataset: Dataset, scratch_dir: Path) -> Path:
    gone = Permanent(f"The dataset '{dataset.name}' is no longer there")
    try:
        path = Path(default_storage.path(dataset.storage_name))
    except NotImplementedError:
        path = scratch_dir / f"{dataset.id.hex}.parquet"
    else:
        if not path.is_file():
            raise gone
        return path
    if not path.exists():
        part = path.with_suffix(".part")
        try:
            with default_storage.open(dataset.storage_name) as stored, part.open("wb") as file:
                for chunk in stored.chunks(_CHUNK_BYTES):
                    file.write(chunk)
        except FileNotFoundError:
            raise gone from None
        part.rename(path)
    return path


def _expiry(days: float | None) -> datetime | None:
    days = settings.STREAMER_DATASET_DAYS if days is None else days
    return timezone.now() + timedelta(days=days) if days else None


def _insert(row: Dataset, name: str | None) -> None:
    """Insert the row. If another upload took a generated name meanwhile, the name gets a number."""
    for last in (*[False] * (_TRIES - 1), True):
        row.name = name or name_from(row.filename, _taken(row.tenant_id))
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                add_stored({row.tenant_id: row.size_bytes})
                # Counts the new row too: of two uploads at once, the second one finds the first.
                check_quota(row.tenant_id, 0)
            return
        except IntegrityError:
            remove_expired(row.tenant_id, row.name)
            if last:
                raise InvalidName(f"There is a dataset '{row.name}' already") from None


def _taken(tenant_id: str) -> Sequence[str]:
    return [*source_names(), *datasets_of(tenant_id).values_list("name", flat=True)]


def remove_expired(tenant_id: str, name: str) -> None:
    """An expired dataset that the sweeper has not come to yet holds its name no longer."""
    for row in Dataset.objects.expired().filter(tenant_id=tenant_id, name=name):
        remove(row)

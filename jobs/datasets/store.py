"""Finds a tenant's datasets and brings their rows to where they are worked on."""

import shutil
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from jobs.models import Dataset


def find_dataset(tenant_id: str, id_or_name: str) -> Dataset | None:
    """The tenant's dataset of that name or id. None: there is none, or it has expired."""
    living = Dataset.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), tenant_id=tenant_id)
    try:
        by_id = living.filter(id=UUID(id_or_name)).first()
    except ValueError:
        by_id = None
    return living.filter(name=id_or_name).first() or by_id


def local_copy(dataset: Dataset, scratch_dir: Path) -> Path:
    """The dataset's Parquet file in ``scratch_dir``. Raises ``OSError`` when the storage does not give it."""
    path = scratch_dir / f"dataset-{uuid4().hex}.parquet"
    with default_storage.open(dataset.storage_name) as stored, path.open("wb") as copy:
        shutil.copyfileobj(stored, copy, 1024 * 1024)
    return path

"""Reads a file that a request produced, for another request of the same user."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.errors import Permanent
from jobs.files.artifacts import CHUNK_BYTES
from jobs.models import Artifact


@contextmanager
def open_artifact(
    artifact_id: uuid.UUID, *, tenant_id: str, user_id: str, scratch_dir: Path, check: Callable[[], None]
) -> Iterator[BinaryIO]:
    """See ``Context.open_artifact``. It opens a copy, so that seeking works with every storage."""
    row = Artifact.objects.filter(
        id=artifact_id, tenant_id=tenant_id, user_id=user_id, expires_at__gt=timezone.now()
    ).first()
    if row is None:
        raise _none(artifact_id)
    path = scratch_dir / f"read-{uuid.uuid4().hex}"
    try:
        with path.open("w+b") as copy:
            _copy(row, copy, check)
            copy.seek(0)
            yield copy
    finally:
        path.unlink(missing_ok=True)


def _copy(row: Artifact, copy: BinaryIO, check: Callable[[], None]) -> None:
    digest = hashlib.sha256()
    try:
        stored = default_storage.open(row.storage_name)
    except FileNotFoundError:
        raise _none(row.id) from None
    with stored:
        while chunk := stored.read(CHUNK_BYTES):
            check()
            digest.update(chunk)
            copy.write(chunk)
    if digest.hexdigest() != row.sha256:
        raise Permanent(f"The file of artifact '{row.id}' is damaged: it is not the one that was written")


def _none(artifact_id: uuid.UUID) -> Permanent:
    return Permanent(f"There is no artifact '{artifact_id}'")

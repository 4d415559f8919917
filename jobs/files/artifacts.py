"""Files that requests produce: written to scratch, stored under the attempt, real once the request completes."""

import hashlib
import io
import logging
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, default_storage
from django.core.signing import Signer
from django.db.models import QuerySet
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.text import get_valid_filename

from jobs.errors import Retryable
from jobs.files.expiry import Extended, first_expiry
from jobs.files.storage import StorageAway
from jobs.models import Artifact, AsyncRequest
from jobs.tracing.attempts import open_artifact_span

logger = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024
_MAX_TIME = 12
# Of four bytes each, with room for the extension in the 255 bytes that a file system allows.
_MAX_TITLE = 60
_NO_FILENAME = re.compile(r"[^\w.]+")
_SIGNED = re.compile(rf"\?expires=\d{{1,{_MAX_TIME}}}&signature=[\w-]+", re.ASCII)


class WrittenFile:
    """The ``ArtifactFile`` of a run: a scratch file first, an unsaved ``Artifact`` row once it is closed."""

    file: BinaryIO

    def __init__(self, row: Artifact, path: Path, storage: Storage) -> None:
        self.row = row
        self._path = path
        self._storage = storage
        self.id = row.id
        self.url = signed_url(row)
        self.expires_at: datetime = row.expires_at
        self.size_bytes = 0
        self.sha256 = ""

    def describe(self) -> dict[str, Any]:
        return describe(self.row)

    def store(self) -> None:
        """Hash the finished scratch file and store it. Raises ``Retryable`` if the storage fails."""
        with self._path.open("rb") as written:
            self.sha256 = self.row.sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            self.size_bytes = self.row.size_bytes = written.tell()
            written.seek(0)
            try:
                self.row.storage_name = self._storage.save(self.row.storage_name, File(written))
            except OSError as error:
                logger.warning("The file '%s' could not be stored: %s", self.row.filename, error)
                if not isinstance(error, StorageAway):  # do not keep half a file on a full disk
                    with suppress(OSError):
                        self._storage.delete(self.row.storage_name)
                raise Retryable("The file could not be stored right now") from None


class ArtifactStaging:
    """Makes the artifacts of one run and remembers them until the run's outcome is known."""

    def __init__(
        self,
        *,
        request_id: uuid.UUID | None,
        attempt: int,
        tenant_id: str,
        user_id: str,
        scratch: Callable[[], Path],
        title: str = "",
        storage: Storage = default_storage,
    ) -> None:
        self._request_id = request_id
        self.title = title
        """The title of the run. The file of its result is named after it."""
        self.folder = f"artifacts/{request_id or 'inline'}/{attempt}"
        """The folder in the storage."""
        self._owner = {"tenant_id": tenant_id, "user_id": user_id}
        self._scratch = scratch
        self._storage = storage
        self.rows: list[Artifact] = []

    @contextmanager
    def new(self, filename: str, media_type: str) -> Iterator[WrittenFile]:
        """See ``Context.save_artifact``. An error inside the block leaves nothing behind."""
        row = self._row(get_valid_filename(filename)[-200:], media_type)
        path = self._scratch() / row.id.hex
        artifact = WrittenFile(row, path, self._storage)
        try:
            with open_artifact_span(media_type) as span:
                with path.open("w+b") as file:
                    artifact.file = file
                    yield artifact
                artifact.store()
                span.note(artifact_id=str(row.id), size_bytes=row.size_bytes)
            facts = {"artifact_id": str(row.id), "media_type": media_type, "size_bytes": row.size_bytes}
            logger.info("Artifact stored", extra=facts)
            self.rows.append(row)
        finally:
            path.unlink(missing_ok=True)

    def add_result(self, encoded: bytes) -> dict[str, Any]:
        """Keep a result that is too large for a message as a file of JSON. Return the description of the file."""
        return self.add_bytes(f"{_filename_of(self.title) or 'result'}.json", "application/json", encoded)

    def add_bytes(self, filename: str, media_type: str, content: bytes) -> dict[str, Any]:
        with self.new(filename, media_type) as artifact:
            shutil.copyfileobj(io.BytesIO(content), artifact.file)
        return artifact.describe()

    def discard(self) -> None:
        """Delete the stored files of a run that did not complete."""
        for row in self.rows:
            self._storage.delete(row.storage_name)
        self.rows.clear()

    def _row(self, filename: str, media_type: str) -> Artifact:
        artifact_id = uuid.uuid4()
        expires_at, notice_at = first_expiry(timezone.now())
        return Artifact(
            id=artifact_id,
            request_id=self._request_id,
            filename=filename,
            media_type=media_type,
            size_bytes=0,
            # The only part of the name that comes from the client is a cleaned filename.
            storage_name=f"{self.folder}/{artifact_id.hex}/{filename}",
            expires_at=expires_at,
            notice_at=notice_at,
            **self._owner,
        )


def _filename_of(title: str) -> str:
    """Make the name of a file of a title: ``Report-Jan-Dec-2025-PDF``."""
    return _NO_FILENAME.sub("-", title)[:_MAX_TITLE].strip("-.")


def files_of(request: AsyncRequest) -> QuerySet[Artifact]:
    """Select the files of a request; with a cached result, those of the earlier request."""
    owner = {"tenant_id": request.tenant_id, "user_id": request.user_id}
    return Artifact.objects.filter(request_id=request.cached_from or request.id, **owner).order_by("created_at")


def describe(row: Artifact) -> dict[str, Any]:
    """Return what a client is told of an artifact. ``expires_at`` is RFC 3339.

    ``url`` is None in a project that serves no artifacts over HTTP: see ``signed_url``.
    """
    return {
        "artifact_id": str(row.id),
        "url": signed_url(row),
        "filename": row.filename,
        "media_type": row.media_type,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "expires_at": row.expires_at.isoformat(),
    }


def signed_url(row: Artifact) -> str | None:
    """Return the URL of the file until it expires. It is bound to the owner and holds no secret.

    Where the owner's access was revoked since the file was made, it is another one than before.

    None when the project has no URL named ``streamer-artifact``, which the URLs of ``realtime`` define.
    """
    path = _path(row)
    if path is None:
        return None
    expires = str(int(row.expires_at.timestamp()))
    query = urlencode({"expires": expires, "signature": _signature(row, expires)})
    return f"{public_base()}{path}?{query}"


def public_base() -> str:
    """Return what stands before the paths of URLs for clients: the public URL, else the path prefix, if any."""
    base: str = settings.STREAMER_PUBLIC_URL or settings.FORCE_SCRIPT_NAME or ""
    return base.rstrip("/")


def without_signatures(text: str) -> str:
    """Take the signatures out of all signed URLs in a text, so that they serve their owner's token alone."""
    return _SIGNED.sub("", text)


def _path(row: Artifact) -> str | None:
    try:
        path = reverse("streamer-artifact", args=[row.id])
    except NoReverseMatch:
        return None
    # The prefix of the request at hand. A worker has none, and every process must make the same URL.
    return f"/{path.removeprefix(get_script_prefix())}"


def is_signature_valid(row: Artifact, expires: str, signature: str) -> bool:
    """Return True if ``signed_url`` made this very URL for this file and its owner, and it has not expired.

    A URL from before the file's expiry was extended is valid until its own expiry.
    """
    if not (expires.isascii() and expires.isdecimal() and len(expires) <= _MAX_TIME):
        return False
    in_time = time.time() < int(expires) <= int(row.expires_at.timestamp())
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return in_time and any(constant_time_compare(signature, _signature(row, expires, key)) for key in keys)


def register_cutoff(find: Callable[[str, str], float]) -> None:
    """Have ``find(tenant_id, user_id)`` tell the Unix seconds before which signed URLs were made that are void."""
    global _find_cutoff
    _find_cutoff = find


def _never(tenant_id: str, user_id: str) -> float:
    return 0.0


_find_cutoff: Callable[[str, str], float] = _never


def _signature(row: Artifact, expires: str, key: str | None = None) -> str:
    """Return the signature with a key, ``SECRET_KEY`` unless another is given."""
    signer = Signer(key=key, salt="streamer.artifact")
    cutoff = _find_cutoff(row.tenant_id, row.user_id)
    # A worker does not know the cutoffs. It makes URLs of new files alone, which come after them.
    again = f":{cutoff}" if row.created_at.timestamp() < cutoff else ""
    return signer.signature(f"{row.id}:{row.tenant_id}:{row.user_id}:{expires}{again}")


def describe_extended(extended: Extended) -> dict[str, Any]:
    """Do as ``describe``, and add the request and the latest moment to which the owner may extend the file."""
    row = extended.artifact
    return {**describe(row), "request_id": row.request_id, "latest_expires_at": extended.latest.isoformat()}

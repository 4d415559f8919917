"""``GET /api/artifacts/<id>/``: the file itself, whole or in part, for its owner."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.errors import ErrorCode, error_body
from jobs.files.artifacts import CHUNK_BYTES, is_signature_valid
from jobs.models import Artifact
from realtime.auth import KeysUnavailable, Unauthorized
from realtime.database import in_database
from realtime.http.artifacts.presentation import presentation
from realtime.http.authenticated import identify
from realtime.http.responses import error_response, not_found

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@csrf_exempt
@require_safe
async def artifact(request: HttpRequest, artifact_id: UUID) -> HttpResponseBase:
    """Send the file for a signed URL or the owner's token. Nobody else learns that it exists."""
    try:
        row, is_signed_in = await in_database(_find, request, artifact_id)
        if row is None:
            return error_response(not_found())
        return await _answer(request, row, is_signed_in)
    except FileNotFoundError:
        return error_response(not_found())
    except (DatabaseError, KeysUnavailable, OSError) as error:
        logger.warning("A file cannot be sent: %s", error)
        body = error_body(ErrorCode.SERVICE_UNAVAILABLE, "The file cannot be read right now", retry_after=5.0)
        return error_response(body)


async def _answer(request: HttpRequest, row: Artifact, is_signed_in: bool) -> HttpResponseBase:
    span = _span(request, row)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size_bytes}"})
    first, last = span
    length = last + 1 - first
    status = 206 if _is_range_used(request, row) else 200
    response: HttpResponseBase
    if request.method == "HEAD":
        await _apart(default_storage.size, row.storage_name)
        response = HttpResponse(status=status)
    else:
        file, start = await _apart(_open, row.storage_name, first, length)
        response = StreamingHttpResponse(_Stream(file, start, length), status=status)
    if status == 206:
        response["Content-Range"] = f"bytes {first}-{last}/{row.size_bytes}"
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(row)
    response["Cache-Control"] = "private, no-transform"
    show = is_signed_in and request.GET.get("inline") == "1"
    for name, value in presentation(row.media_type, row.filename, inline=show).items():
        response[name] = value
    return response


def _find(request: HttpRequest, artifact_id: UUID) -> tuple[Artifact | None, bool]:
    """Find the file, and if the owner's token came along; a signed URL alone may be in anybody's hands."""
    row = Artifact.objects.filter(id=artifact_id, expires_at__gt=timezone.now()).first()
    if row is None or not _is_allowed(request, row):
        return None, False
    return row, "Authorization" in request.headers


def _is_allowed(request: HttpRequest, row: Artifact) -> bool:
    """Return True for a valid signature. A token that comes along must be the owner's all the same."""
    signed = is_signature_valid(row, request.GET.get("expires", ""), request.GET.get("signature", ""))
    if "Authorization" not in request.headers:
        return signed
    try:
        identity = identify(request)
    except Unauthorized:
        return False
    return (identity.tenant_id, identity.user_id) == (row.tenant_id, row.user_id)


def _etag(row: Artifact) -> str:
    return f'"{row.sha256}"'


def _is_range_used(request: HttpRequest, row: Artifact) -> bool:
    """Return True for a single range that is honoured (RFC 9110, section 14.2: others may be ignored)."""
    if request.headers.get("If-Range", _etag(row)) != _etag(row):
        return False
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    return match is not None and match.groups() != ("", "")


def _span(request: HttpRequest, row: Artifact) -> tuple[int, int] | None:
    """Return the first and last byte to send; None when the range lies outside the file."""
    size = row.size_bytes
    if not _is_range_used(request, row):
        return 0, size - 1
    match = _RANGE.fullmatch(request.headers["Range"].replace(" ", ""))
    assert match is not None
    first, last = match.groups()
    if first == "":  # the last ``last`` bytes
        return (max(0, size - int(last)), size - 1) if int(last) > 0 and size > 0 else None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) <= end else None


# --- the file: read on threads of its own, so that a storage that does not answer keeps nothing else waiting ---------


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STREAMER_DOWNLOAD_THREADS, thread_name_prefix="download")


async def _apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: work(*args, **kwargs))


def _open(name: str, first: int, length: int) -> tuple[Any, bytes]:
    """Open the file and read the first chunk before the answer begins, so that it can still be an error."""
    file = default_storage.open(name)
    try:
        file.seek(first)
        return file, file.read(min(CHUNK_BYTES, length)) if length else b""
    except BaseException:
        file.close()
        raise


class _Stream:
    """A stream of ``chunk`` and the bytes after it, ``length`` in all. Django closes it when the client is gone."""

    def __init__(self, file: Any, chunk: bytes, length: int) -> None:
        self._file = file
        self._chunk = chunk
        self._length = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while self._chunk:
                yield self._chunk
                self._length -= len(self._chunk)
                wanted = min(CHUNK_BYTES, self._length)
                self._chunk = await _apart(self._file.read, wanted) if wanted else b""
        finally:
            self.close()

    def close(self) -> None:
        """Close the file, also that of a stream that was never read."""
        self._file.close()

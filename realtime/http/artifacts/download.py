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

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.files.artifacts import CHUNK_BYTES, files_of, is_signature_valid
from jobs.models import Artifact, AsyncRequest
from realtime.auth import Identity, KeysUnavailable, Unauthorized
from realtime.database import in_database
from realtime.http.artifacts.presentation import presentation
from realtime.http.authenticated import identify_apart, scoped_token_of
from realtime.http.receiving.application import AnswerCut
from realtime.http.refused import log_refused_request
from realtime.http.responses import error_response, not_found
from realtime.revocations.table import keep_fresh

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@csrf_exempt
@require_safe
async def artifact(request: HttpRequest, artifact_id: UUID) -> HttpResponseBase:
    """Send the file for a signed URL or the owner's token. Nobody else learns that it exists."""
    identity: Identity | None = None
    try:
        identity = await _identity(request)
        row = await in_database(_find, request, artifact_id, identity)
        if row is None:
            return _refuse(request, not_found(), identity)
        return await _answer(request, row, identity is not None)
    except Unauthorized as error:
        return _refuse(request, error.body(), error.identity)
    except FileNotFoundError:
        return error_response(not_found())
    except (DatabaseError, KeysUnavailable, OSError) as error:
        logger.warning("A file cannot be sent: %s", error)
        body = error_body(ErrorCode.SERVICE_UNAVAILABLE, "The file cannot be read right now", retry_after=5.0)
        return error_response(body)


def _refuse(request: HttpRequest, reason: ErrorBody, identity: Identity | None) -> HttpResponseBase:
    """Answer as if there were no such file, and have the log say why."""
    log_refused_request(request, reason, identity)
    return error_response(not_found())


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
    is_framed = _is_framed_by_own_page(request)
    show = request.GET.get("inline") == "1" and (is_signed_in or is_framed)
    for name, value in presentation(row.media_type, row.filename, inline=show).items():
        response[name] = value
    if show and is_framed:
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _is_framed_by_own_page(request: HttpRequest) -> bool:
    """Return True if a page of this site shows the answer in itself, as the console does. No page can forge that."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin" and request.headers.get("Sec-Fetch-Dest") == "iframe"


async def _identity(request: HttpRequest) -> Identity | None:
    """Return who signed in; None for a signed URL alone, which may be in anybody's hands. Raises ``Unauthorized``."""
    if "Authorization" in request.headers or scoped_token_of(request) is not None:
        return await identify_apart(request, takes_scoped=True)
    await keep_fresh()  # a revocation voids signed URLs
    return None


def _find(request: HttpRequest, artifact_id: UUID, identity: Identity | None) -> Artifact | None:
    """Find the file for its owner's token or a valid signature. A token that comes along must be the owner's."""
    row = Artifact.objects.filter(id=artifact_id, expires_at__gt=timezone.now()).first()
    if row is None:
        return None
    if identity is None:
        signed = is_signature_valid(row, request.GET.get("expires", ""), request.GET.get("signature", ""))
        return row if signed else None
    if (identity.tenant_id, identity.user_id) != (row.tenant_id, row.user_id):
        return None
    return row if identity.request_id is None or _is_of(row, identity.request_id) else None


def _is_of(row: Artifact, request_id: UUID) -> bool:
    request = AsyncRequest.objects.filter(id=request_id).first()
    return request is not None and files_of(request).filter(id=row.id).exists()


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
                self._chunk = await self._read(wanted) if wanted else b""
        finally:
            self.close()

    async def _read(self, wanted: int) -> bytes:
        """Read on. Raises ``AnswerCut``, because what has begun cannot become an error any more."""
        try:
            chunk: bytes = await _apart(self._file.read, wanted)
        except Exception as error:  # storages have errors of their own kinds
            raise AnswerCut(f"A file could not be read to its end: {error!r}") from error
        if not chunk:
            raise AnswerCut("A file is shorter than it was")
        return chunk

    def close(self) -> None:
        """Close the file, also that of a stream that was never read."""
        self._file.close()

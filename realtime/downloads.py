"""``GET /api/artifacts/<id>/``: the file itself, whole or in part, for its owner."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from jobs.artifacts import CHUNK_BYTES, is_signature_valid
from jobs.handler import ErrorCode
from jobs.handler.errors import error_body
from jobs.models import Artifact
from realtime.api import error_response, identify, not_found
from realtime.auth import KeysUnavailable, Unauthorized
from realtime.database import in_database

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@require_safe
async def artifact(request: HttpRequest, artifact_id: UUID) -> HttpResponseBase:
    """By a signed URL or by the owner's token; anybody else learns nothing of the file, not even that it exists."""
    try:
        row, file = await in_database(_open, request, artifact_id)
    except (DatabaseError, KeysUnavailable):
        return error_response(error_body(ErrorCode.SERVICE_UNAVAILABLE, "The file cannot be read right now"))
    if row is None:
        return error_response(not_found())
    span = _span(request, row)
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size_bytes}"})
    first, last = span
    partial = _is_range_used(request, row)
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(status=206 if partial else 200, content_type=row.media_type)
    else:
        chunks = _chunks(file, first, last + 1 - first)
        response = StreamingHttpResponse(chunks, status=206 if partial else 200, content_type=row.media_type)
    if partial:
        response["Content-Range"] = f"bytes {first}-{last}/{row.size_bytes}"
    response["Content-Length"] = str(last + 1 - first)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(row)
    response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=row.filename))
    response["Cache-Control"] = "private, no-transform"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _open(request: HttpRequest, artifact_id: UUID) -> tuple[Artifact | None, Any]:
    row = Artifact.objects.filter(id=artifact_id, expires_at__gt=timezone.now()).first()
    if row is None or not _is_allowed(request, row):
        return None, None
    try:
        return row, default_storage.open(row.storage_name)
    except FileNotFoundError:
        return None, None


def _is_allowed(request: HttpRequest, row: Artifact) -> bool:
    """A signature is enough; a token that comes along must be the owner's all the same."""
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
    """Whether there is one range that we honour (RFC 9110, section 14.2: others may be ignored)."""
    if request.headers.get("If-Range", _etag(row)) != _etag(row):
        return False
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    return match is not None and match.groups() != ("", "")


def _span(request: HttpRequest, row: Artifact) -> tuple[int, int] | None:
    """First and last byte to send; None when the range asked for lies outside the file."""
    size = row.size_bytes
    if not _is_range_used(request, row):
        return 0, size - 1
    match = _RANGE.fullmatch(request.headers["Range"].replace(" ", ""))
    assert match is not None
    first, last = match.groups()
    if first == "":  # the last so many bytes
        return (max(0, size - int(last)), size - 1) if int(last) > 0 and size > 0 else None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) <= end else None


async def _chunks(file: Any, start: int, length: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` on, read off the event loop."""
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        await sync_to_async(file.seek, thread_sensitive=False)(start)
        while length > 0 and (chunk := await read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
    finally:
        file.close()

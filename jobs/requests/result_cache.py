"""The results of earlier requests, for handlers that set ``cache_seconds``.

There is no second store: a result is looked up among the completed requests of the same user. The key holds the user
and not only the tenant, because files, and the signed URLs to them that results carry, are bound to their user.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.contract.base import Handler, Payload
from jobs.files.artifacts import describe, files_of
from jobs.log.outcomes import FromCache
from jobs.models import AsyncRequest, RequestEvent, Status

logger = logging.getLogger(__name__)

FILES_LAST = timedelta(hours=1)
"""The least time for which the files of a cached result can still be fetched."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer of the cache about a request that is not stored yet."""

    key: str | None = None
    """The key under which its own result is kept. None: it is not kept."""
    outcome: FromCache | None = None
    """The outcome with which it ends at once. None: it has to be run."""


def look_up(handler: Handler[Any], payload: Payload, *, tenant_id: str, user_id: str, fresh: bool) -> Found:
    """Look for a kept result. ``fresh``: the request runs anyway, and its result is kept for later ones."""
    key = cache_key(handler, payload, tenant_id=tenant_id, user_id=user_id)
    if key is None or handler.cache_seconds is None:
        return Found()
    return Found(key=key, outcome=None if fresh else _find(key, handler.cache_seconds))


def cache_key(handler: Handler[Any], payload: Payload, *, tenant_id: str, user_id: str) -> str | None:
    """Return 64 hexadecimal digits; None when a result is not to be kept."""
    if handler.cache_seconds is None:
        return None
    try:
        fingerprint = handler.cache_key(payload, tenant_id)
    except Exception:  # the run may still succeed, and if not, its error says more
        logger.exception("'%s' could not say what its result depends on; it is run without the cache", handler.action)
        return None
    if fingerprint is None:
        return None
    # The payload as it was parsed, so that a default that was sent equals one that was left out.
    parts = [handler.action, handler.cache_version, tenant_id, user_id, payload.model_dump(mode="json"), fingerprint]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def _find(key: str, seconds: float) -> FromCache | None:
    since = timezone.now() - timedelta(seconds=seconds)
    # Only computed results: a result does not become younger when it is given again.
    rows = AsyncRequest.objects.filter(cache_key=key, status=Status.COMPLETED, finished_at__gt=since)
    row = rows.defer("payload").order_by("-finished_at").first()
    if row is None or row.finished_at is None:
        return None
    files = _files(row)
    if files is None:
        return None
    return FromCache(
        request_id=row.id,
        computed_at=row.finished_at,
        result=row.result,
        artifacts=files,
        failed_items=row.failed_items,
    )


def _files(row: AsyncRequest) -> list[dict[str, Any]] | None:
    """Describe the files of a request for clients; None when any file is gone or expires too soon."""
    final = RequestEvent.objects.filter(request=row, seq=row.last_seq).first()
    if final is None:
        return None
    promised = {file["artifact_id"] for file in final.data.get("artifacts", [])}
    total = final.data.get("artifacts_total", len(promised))
    last = timezone.now() + FILES_LAST
    kept = list(files_of(row).filter(expires_at__gt=last))
    if len(kept) != total or not promised <= {str(file.id) for file in kept}:
        return None
    return (
        [describe(file) for file in kept] if all(default_storage.exists(file.storage_name) for file in kept) else None
    )

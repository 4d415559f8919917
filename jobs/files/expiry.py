"""The expiry of files: the first one, extensions by their owner, and the notice before it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.log.publishing import publish_changes, publish_notices
from jobs.models import Artifact, AsyncRequest

MAX_TOLD = 200
"""The most files that one notice lists."""
_NOTICE = (
    *("id", "tenant_id", "user_id", "filename", "expires_at", "notice_at"),
    *("request_id", "request__title", "request__tags"),
)


class NoSuchArtifact(Exception):
    """The file does not exist, belongs to somebody else, or has expired."""


@dataclass(frozen=True, kw_only=True)
class Extended:
    artifact: Artifact
    latest: datetime
    """The moment beyond which nobody can extend it."""


def first_expiry(created_at: datetime) -> tuple[datetime, datetime]:
    """Return the expiry of a file made now, and the time of the notice to its owner."""
    expires_at = created_at + timedelta(days=settings.STREAMER_ARTIFACT_DAYS)
    return expires_at, _notice_at(created_at, expires_at)


def extend(artifact_id: UUID, days: float, *, owner: Q | None = None) -> Extended:
    """Keep a file for ``days`` from now, but not beyond an age of ``STREAMER_ARTIFACT_MAX_DAYS``.

    A later expiry stays. ``owner`` limits whose files may be extended; None is for operators.
    Raises ``NoSuchArtifact``.
    """
    now = timezone.now()
    rows = Artifact.objects.filter(owner or Q(), id=artifact_id, expires_at__gt=now)
    row = rows.first()
    if row is None:
        raise NoSuchArtifact(str(artifact_id))
    latest = latest_expiry(row)
    expires_at = min(now + timedelta(days=days), latest)
    changed = rows.filter(expires_at__lt=expires_at).update(
        expires_at=expires_at, notice_at=_notice_at(now, expires_at), noticed_at=None
    )
    if changed and row.request_id is not None:
        owner_of, request_id = (row.tenant_id, row.user_id), row.request_id
        AsyncRequest.objects.filter(id=request_id).update(changed_at=now)
        transaction.on_commit(lambda: publish_changes([(owner_of, request_id)]), robust=True)
    row = rows.first()
    if row is None:
        raise NoSuchArtifact(str(artifact_id))
    return Extended(artifact=row, latest=latest)


def latest_expiry(row: Artifact) -> datetime:
    """Return the latest possible expiry. An expiry that was later from the start is not cut."""
    return max(row.expires_at, row.created_at + timedelta(days=settings.STREAMER_ARTIFACT_MAX_DAYS))


# --- notices ---------------------------------------------------------------------------------------------------------


def announce_expiring(now: datetime) -> int:
    """Tell owners, once for each file, that it will expire. A rule of the sweeper."""
    due = Artifact.objects.filter(noticed_at=None, notice_at__lte=now, expires_at__gt=now).order_by("notice_at")
    told = []
    for row in due.only("id", "tenant_id", "user_id")[:MAX_TOLD]:
        if Artifact.objects.filter(id=row.id, noticed_at=None, notice_at__lte=now).update(noticed_at=now):
            told.append(((row.tenant_id, row.user_id), row.id))
    transaction.on_commit(lambda: publish_notices(told), robust=True)
    return len(told)


def expiring_of(tenant_id: str, user_id: str) -> list[Artifact]:
    """Select a user's files whose notice is due, in the order of their expiry."""
    now = timezone.now()
    rows = Artifact.objects.filter(tenant_id=tenant_id, user_id=user_id, notice_at__lte=now, expires_at__gt=now)
    return list(_noticeable(rows).order_by("expires_at")[:MAX_TOLD])


def expiring_among(artifact_ids: Collection[UUID]) -> list[Artifact]:
    """Select those that still expire soon: a file may have been extended since it was announced."""
    now = timezone.now()
    return list(_noticeable(Artifact.objects.filter(id__in=artifact_ids, notice_at__lte=now, expires_at__gt=now)))


def announced_after(moment: datetime) -> list[UUID]:
    """Select the files of all users whose owners were told after ``moment``."""
    return list(Artifact.objects.filter(noticed_at__gt=moment).order_by().values_list("id", flat=True))


def _noticeable(rows: QuerySet[Artifact]) -> QuerySet[Artifact]:
    """Read what a notice tells, with title and tags of the request."""
    return rows.select_related("request").only(*_NOTICE)


def _notice_at(now: datetime, expires_at: datetime) -> datetime:
    """Return the time of the notice: some time before the expiry, but not in the first half of the file's life."""
    notice = timedelta(seconds=settings.STREAMER_EXPIRY_NOTICE_SECONDS)
    return expires_at - min(notice, (expires_at - now) / 2)

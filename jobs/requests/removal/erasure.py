"""Erases what is stored about one user or one tenant: requests with their logs, files, datasets, daily use.

What lives is cancelled first. The rest goes in short transactions between which others write.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model, Q

from jobs.data.datasets.store import remove
from jobs.files.deletion import delete_files
from jobs.models import (
    FINAL,
    LIVE,
    Artifact,
    AsyncRequest,
    DailyUsage,
    Dataset,
    RequestEvent,
    StoredBytes,
    TenantQuota,
    UsageEntry,
)
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound
from jobs.requests.removal.deletion import Finished, delete_finished
from jobs.usage.stored import add_bytes

_PAGE = 200
_LOOK_SECONDS = 0.5
_OF_TENANT: tuple[type[Model], ...] = (DailyUsage, UsageEntry, TenantQuota)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The user, of one tenant or of all, or the tenant whose data are meant. One of both is given."""

    user_id: str = ""
    tenant_id: str = ""

    @property
    def rows(self) -> Q:
        given = {"user_id": self.user_id, "tenant_id": self.tenant_id}
        return Q(**{name: value for name, value in given.items() if value})

    @property
    def is_tenant(self) -> bool:
        return not self.user_id


def count_stored(subject: Subject, *, datasets: bool = True) -> dict[str, int]:
    """Count what ``erase`` would delete, by kind."""
    requests = AsyncRequest.objects.filter(subject.rows)
    counts = {
        "requests": requests.count(),
        "events": RequestEvent.objects.filter(request__in=requests.values("id")).count(),
        "files": Artifact.objects.filter(subject.rows).count(),
    }
    if datasets:
        counts["datasets"] = Dataset.objects.filter(subject.rows).count()
    if subject.is_tenant:
        rows = (model._default_manager.filter(tenant_id=subject.tenant_id).count() for model in _OF_TENANT)
        counts["usage"] = sum(rows)
    return counts


def cancel_live(subject: Subject, wait_seconds: float) -> int:
    """Cancel what lives and wait for its end. Return the number of requests that have not ended by then."""
    live = AsyncRequest.objects.filter(subject.rows, status__in=LIVE)
    give_up_at = time.monotonic() + wait_seconds
    while ids := list(live.filter(parent__isnull=True).values_list("id", flat=True)[:_PAGE]):
        for request_id in ids:
            try:
                request_cancel(request_id)
            except (AlreadyFinished, NotFound):
                continue
        if time.monotonic() >= give_up_at:
            break
        if live.exists():
            time.sleep(_LOOK_SECONDS)
    return live.count()


def erase(subject: Subject, *, datasets: bool = True) -> int:
    """Delete all that has ended, and the files. Return the number of files that could not be deleted.

    The sweeper deletes those, as files of nobody.
    """
    left = 0
    for names in _delete_requests(subject):
        left += delete_files(names)
    left += delete_files(_delete_other_files(subject))
    if datasets:
        left += _delete_datasets(subject)
    if subject.is_tenant:
        for model in _OF_TENANT:
            model._default_manager.filter(tenant_id=subject.tenant_id).delete()
        if not count_stored(subject)["requests"]:
            StoredBytes.objects.filter(tenant_id=subject.tenant_id).delete()
    return left


def _delete_requests(subject: Subject) -> Iterator[list[str]]:
    """Delete finished requests page by page. Yield the names of the files that nothing names any more."""
    rows = AsyncRequest.objects.filter(subject.rows, status__in=FINAL).order_by("id")
    while page := list(rows.values_list("id", "last_seq", "tags")[:_PAGE]):
        yield delete_finished([Finished(id=one, last_seq=seq, tags=len(tags or ())) for one, seq, tags in page])


def _delete_other_files(subject: Subject) -> list[str]:
    """Delete the rows of files that belong to no request. Return the names that nothing names any more."""
    freed: set[str] = set()
    others = Artifact.objects.filter(subject.rows, request__isnull=True).order_by("id")
    while page := list(others[:_PAGE]):
        with transaction.atomic():
            for row in page:
                if Artifact.objects.filter(id=row.id).delete()[0]:
                    add_bytes({row.tenant_id: -row.size_bytes})
        freed |= {row.storage_name for row in page}
    return sorted(freed - set(Artifact.objects.filter(storage_name__in=freed).values_list("storage_name", flat=True)))


def _delete_datasets(subject: Subject) -> int:
    left = 0
    for row in Dataset.objects.filter(subject.rows):
        try:
            remove(row)
        except OSError:
            left += 1
    return left

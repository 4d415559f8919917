"""Deletes what finished longer ago than its retention, which begins anew when the last file of a request is deleted."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.models import FINAL, Artifact, AsyncRequest
from jobs.requests.removal.deletion import Finished, delete_finished

PAGE = 200
SWEEP_SECONDS = 1.0
"""The time after which a sweep leaves the rest to the next one."""
AGAIN_SECONDS = 3_600.0
"""The time after which requests are looked at anew that had to stay before."""
Places = dict[str, tuple[datetime, UUID]]
"""Column → the moment and the id of the last request that was looked at in its order."""


class Retention:
    """A rule of the sweeper. It keeps its places, so it looks at no request twice in an hour.

    A request that has to stay, because it has files, comes again by the moment at which they were deleted.
    """

    def __init__(self) -> None:
        self._places: Places = {}
        self._again_at = 0.0

    def __call__(self, now: datetime) -> int:
        """Delete what is past its retention, for about ``SWEEP_SECONDS``. Return the number of requests."""
        began_at = time.monotonic()
        if began_at >= self._again_at:
            self._places, self._again_at = {}, began_at + AGAIN_SECONDS
        deleted = 0
        for rows in old_requests(now - timedelta(days=settings.STREAMER_RETENTION_DAYS), self._places):
            delete_finished(rows)
            deleted += len(rows)
            if time.monotonic() - began_at >= SWEEP_SECONDS:
                break
        return deleted


def old_requests(before: datetime, places: Places, *, with_files: bool = False) -> Iterator[list[Finished]]:
    """Yield pages of requests that ended, and whose files did, before a moment. ``places`` are moved on.

    ``with_files`` yields those too that have files.
    """
    for column in ("files_expired_at", "finished_at"):
        while page := list(_page(column, before, places, with_files)):
            places[column] = (page[-1][1], page[-1][0])
            yield [
                Finished(id=request_id, last_seq=last_seq, tags=len(tags or ()))
                for request_id, _, last_seq, tags, may_go in page
                if may_go
            ]


def delete_old_requests(now: datetime) -> int:
    """Look at all requests past their retention from the first one on, and delete those that may go."""
    return Retention()(now)


def _page(
    column: str, before: datetime, places: Places, with_files: bool
) -> QuerySet[AsyncRequest, tuple[UUID, datetime, int, list[str] | None, bool]]:
    rows = AsyncRequest.objects.filter(**{f"{column}__lt": before})
    if column in places:
        moment, last_id = places[column]
        rows = rows.filter(Q(**{f"{column}__gt": moment}) | Q(id__gt=last_id), **{f"{column}__gte": moment})
    # Told apart after the page is cut: a page with nothing to delete must not be longer than others.
    rows = rows.annotate(may_go=_may_go(before, with_files)).order_by(column, "id")
    return rows.values_list("id", column, "last_seq", "tags", "may_go")[:PAGE]


def _may_go(before: datetime, with_files: bool) -> Q:
    has_ended = Q(status__in=FINAL, finished_at__lt=before)
    if with_files:
        return has_ended
    files_are_over = Q(files_expired_at__isnull=True) | Q(files_expired_at__lt=before)
    return has_ended & files_are_over & ~Q(Exists(Artifact.objects.filter(request_id=OuterRef("id"))))

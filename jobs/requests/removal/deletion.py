"""Deletes finished requests with all that belongs to them, in slices between which others write.

A slice is one short transaction of about ``SLICE_ROWS`` rows. After each, its writer pauses for as long as it took, so
that it takes at most half of the time of the database.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q

from jobs.models import Artifact, AsyncRequest, BulkOutcome, BulkSlice, RequestEvent, RequestTag
from jobs.usage.stored import add_bytes

SLICE_ROWS = 1_000
"""The most rows that one transaction deletes, unless a single one refers to more."""
MAX_PAUSE_SECONDS = 0.5
_PARTS: tuple[type[Model], ...] = (RequestEvent, RequestTag, BulkOutcome, BulkSlice)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished request that is to be deleted."""

    id: UUID
    last_seq: int
    """The number of its events."""
    tags: int = 0
    """The number of its tags."""


def delete_finished(rows: Sequence[Finished]) -> list[str]:
    """Delete these requests. Return the names of the stored files that nothing names any more."""
    freed: list[str] = []
    for part in _slices(_trimmed(rows)):
        began_at = time.monotonic()
        freed += _delete(part)
        _pause(began_at)
    return freed


def _delete(rows: Sequence[Finished]) -> list[str]:
    freed_bytes: Counter[str] = Counter()
    with transaction.atomic():
        # Locked, so that of two that delete the same rows only one gives their bytes back.
        own = [row.id for row in rows]
        locked = AsyncRequest.objects.select_for_update().filter(Q(id__in=own) | Q(parent_id__in=own)).order_by("id")
        ids = []
        for request_id, tenant_id, size in locked.values_list("id", "tenant_id", "stored_bytes"):
            ids.append(request_id)
            freed_bytes[tenant_id] -= size
        files = list(Artifact.objects.filter(request_id__in=ids).values_list("storage_name", "tenant_id", "size_bytes"))
        for _, tenant_id, size in files:
            freed_bytes[tenant_id] -= size
        for model in _PARTS:
            model._default_manager.filter(request_id__in=ids).delete()
        AsyncRequest.objects.filter(id__in=ids).delete()
        add_bytes(freed_bytes)
    names = {name for name, _, _ in files}
    return sorted(names - set(Artifact.objects.filter(storage_name__in=names).values_list("storage_name", flat=True)))


def _slices(rows: Sequence[Finished]) -> Iterator[list[Finished]]:
    """Put so many requests together that they, their events and their tags fill a slice."""
    part: list[Finished] = []
    size = 0
    for row in rows:
        own = 1 + row.tags + min(row.last_seq, SLICE_ROWS)
        if part and size + own > SLICE_ROWS:
            yield part
            part, size = [], 0
        part.append(row)
        size += own
    if part:
        yield part


def _trimmed(rows: Sequence[Finished]) -> Sequence[Finished]:
    """Delete the parts of requests that fill slices of their own: long logs, and the items of bulk requests."""
    bulks = set(BulkSlice.objects.filter(request_id__in=[row.id for row in rows]).values_list("request_id", flat=True))
    for row in rows:
        if row.last_seq >= SLICE_ROWS:
            _trim(RequestEvent, row.id)
        if row.id in bulks:
            _trim(BulkOutcome, row.id)
            _trim_slices(row.id)
    return rows


def _trim(model: type[Model], request_id: UUID) -> None:
    while True:
        began_at = time.monotonic()
        some = list(model._default_manager.filter(request_id=request_id).values_list("pk", flat=True)[:SLICE_ROWS])
        if some:
            model._default_manager.filter(pk__in=some).delete()
        if len(some) < SLICE_ROWS:
            return
        _pause(began_at)


def _trim_slices(request_id: UUID) -> None:
    """Do as ``_trim`` for the slices of a bulk request, which count against the quota."""
    slices = BulkSlice.objects.select_for_update(of=("self",)).filter(request_id=request_id).order_by("id")
    while True:
        began_at = time.monotonic()
        freed_bytes: Counter[str] = Counter()
        with transaction.atomic():
            # Locked, so that of two that delete the same slices only one gives their bytes back.
            some = list(slices.values_list("id", "request__tenant_id", "stored_bytes")[:SLICE_ROWS])
            for _, tenant_id, size in some:
                freed_bytes[tenant_id] -= size
            BulkSlice.objects.filter(id__in=[slice_id for slice_id, _, _ in some]).delete()
            add_bytes(freed_bytes)
        if len(some) < SLICE_ROWS:
            return
        _pause(began_at)


def _pause(began_at: float) -> None:
    time.sleep(min(time.monotonic() - began_at, MAX_PAUSE_SECONDS))

"""The claim of a request that ends early, by the worker that makes its receipt.

Neither caps nor pauses hold it up: the request has had its turn, and its owner waits for its end.
"""

import uuid
from collections.abc import Sequence
from functools import cache

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from jobs.columns import columns, read, saved, table
from jobs.log.endings import Ending
from jobs.models import AsyncRequest, Status
from jobs.queue.choice import CLOCKS_DIFFER
from jobs.queue.claims import Claim, lease_end

_CANDIDATES = 4
_COLUMNS = tuple(field.attname for field in AsyncRequest._meta.concrete_fields)


def claim_ending(queues: Sequence[str], *, worker: str) -> Claim | None:
    """Claim the ending that waits longest in ``queues``; None when none waits."""
    for row in _waiting(queues):
        claim = _claim(row, worker)
        if claim is not None:
            return claim
    return None


def _waiting(queues: Sequence[str]) -> list[AsyncRequest]:
    if not queues:
        return []
    moment = timezone.now()
    now, ahead = saved(AsyncRequest, "available_at", moment), saved(AsyncRequest, "changed_at", moment + CLOCKS_DIFFER)
    with connection.cursor() as cursor:
        cursor.execute(_text(len(queues)), [*queues, now, ahead, now])
        rows = cursor.fetchall()
    return [AsyncRequest.from_db(connection.alias, _COLUMNS, read(AsyncRequest, _COLUMNS, row)) for row in rows]


@cache
def _text(queues: int) -> str:
    """Return the SELECT of those whose ``Ending.waits``. It is kept, because every idle worker asks it."""
    names = ", ".join(["%s"] * queues)
    return (
        f"SELECT {columns(AsyncRequest, _COLUMNS)} FROM {table(AsyncRequest)} "
        f"WHERE status = '{Status.PROCESSING}' AND ending_until IS NOT NULL AND attempt_token IS NULL "
        f"AND queue IN ({names}) AND (available_at <= %s OR changed_at > %s) AND ending_until > %s "
        f"ORDER BY available_at LIMIT {_CANDIDATES}"
    )


def _claim(row: AsyncRequest, worker: str) -> Claim | None:
    token = uuid.uuid4()
    same = AsyncRequest.objects.filter(Ending.waits, Q(attempt=row.attempt, available_at=row.available_at), id=row.id)
    if not same.update(attempt_token=token, worker=worker, lease_until=lease_end()):
        return None
    return Claim.of(row, attempt=row.attempt, token=token, now=timezone.now(), ending=Ending.read(row))

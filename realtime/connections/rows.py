"""The rows of connections: written by the process that holds the sockets, revoked by operators."""

import uuid
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from realtime.connections.open_connection import OpenConnection
from realtime.models import Connection

SILENCE = timedelta(seconds=45)
"""The time after which a process that has not refreshed its connections is taken for dead."""


def write_rows(
    new: list[OpenConnection], closed: list[OpenConnection], seen: list[OpenConnection]
) -> dict[tuple[str, str], int]:
    """Insert, close and refresh rows. Return, for users of new ones, the number of connections above the limit."""
    Connection.objects.bulk_create([item.row() for item in new], ignore_conflicts=True)
    # Open connections are marked as open again, because a sweeper may have taken this process for dead.
    columns = ["messages_in", "messages_out", "last_seen_at", "closed_at", "close_code", "close_reason"]
    for items in (closed, seen):
        if items:
            Connection.objects.bulk_update([item.row() for item in items], columns, batch_size=200)
    return _crowded({(item.identity.tenant_id, item.identity.user_id) for item in new})


def revoked_here() -> list[uuid.UUID]:
    rows = Connection.objects.filter(server=settings.STREAMER_SERVER_ID, closed_at=None, revoked_at__isnull=False)
    return list(rows.values_list("id", flat=True))


def revoke(rows: QuerySet[Connection]) -> int:
    """Have the web processes end the open ones of ``rows`` within seconds. Return their number."""
    return rows.filter(closed_at=None, revoked_at=None).update(revoked_at=timezone.now())


def _crowded(owners: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    if not owners:
        return {}
    wanted = Q()
    for tenant_id, user_id in owners:
        wanted |= Q(tenant_id=tenant_id, user_id=user_id)
    rows = Connection.objects.filter(wanted, closed_at=None, last_seen_at__gt=timezone.now() - SILENCE)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for tenant_id, user_id, count in rows.values_list("tenant_id", "user_id").annotate(n=Count("id")).order_by():
        counts[tenant_id, user_id] = count - settings.STREAMER_MAX_CONNECTIONS_PER_USER
    return {owner: surplus for owner, surplus in counts.items() if surplus > 0}

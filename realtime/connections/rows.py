"""The rows of connections: written by the process that holds the sockets, revoked by operators."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from realtime.connections.open_connection import OpenConnection
from realtime.connections.process_groups import dead_processes
from realtime.connections.processes import SILENCE, held_by_nobody
from realtime.connections.statements import upsert
from realtime.models import Connection

# So many users are asked for in one query. SQLite takes conditions of 1,000 parts at most.
_MAX_OWNERS = 200
Owner = tuple[str, str]
"""Tenant and user."""


def write_rows(changed: Iterable[OpenConnection], new: Iterable[OpenConnection]) -> dict[Owner, int]:
    """Insert or update rows, many in one statement. Return, for users of ``new``, the connections above the limit."""
    upsert([item.columns() for item in {item.id: item for item in changed}.values()])
    owners = list({(item.identity.tenant_id, item.identity.user_id) for item in new})
    crowded: dict[Owner, int] = {}
    for start in range(0, len(owners), _MAX_OWNERS):
        crowded |= _crowded(owners[start : start + _MAX_OWNERS])
    return crowded


def revoked_here() -> list[uuid.UUID]:
    rows = Connection.objects.filter(server=settings.STREAMER_SERVER_ID, closed_at=None, revoked_at__isnull=False)
    return list(rows.values_list("id", flat=True))


def revoke(rows: QuerySet[Connection]) -> int:
    """Have the web processes end the open ones of ``rows`` within seconds. Return their number."""
    return rows.filter(closed_at=None, revoked_at=None).update(revoked_at=timezone.now())


def _crowded(owners: Sequence[Owner]) -> dict[Owner, int]:
    users = defaultdict(list)
    for tenant_id, user_id in owners:
        users[tenant_id].append(user_id)
    wanted = Q()
    for tenant_id, user_ids in users.items():
        wanted |= Q(tenant_id=tenant_id, user_id__in=user_ids)
    rows = Connection.objects.filter(wanted, closed_at=None).exclude(held_by_nobody(timezone.now() - SILENCE))
    counts: dict[Owner, Counter[str]] = defaultdict(Counter)
    counted = rows.values_list("tenant_id", "user_id", "server").annotate(n=Count("id")).order_by()
    for tenant_id, user_id, server, count in counted:
        counts[tenant_id, user_id][server] = count
    crowded = {owner: by_server for owner, by_server in counts.items() if _surplus(by_server) > 0}
    dead = dead_processes({server for by_server in crowded.values() for server in by_server})
    for by_server in crowded.values():
        for server in dead - {settings.STREAMER_SERVER_ID}:
            del by_server[server]
    return {owner: surplus for owner, by_server in crowded.items() if (surplus := _surplus(by_server)) > 0}


def _surplus(by_server: Counter[str]) -> int:
    return by_server.total() - int(settings.STREAMER_MAX_CONNECTIONS_PER_USER)

"""The rows of web processes. A process shows that it lives, once for all of its connections."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from realtime.limits.refusals import REFUSALS
from realtime.models import Connection, WebProcess

SILENCE = timedelta(seconds=settings.STREAMER_SERVER_SILENCE_SECONDS)
"""The time after which a process without a heartbeat is taken for dead."""
BEAT_SECONDS = min(10.0, SILENCE.total_seconds() / 4)


def beat(started_at: datetime, connections: int) -> bool:
    """Show that this process lives. Return False when it was not known as alive, as at its first heartbeat."""
    now = timezone.now()
    own = WebProcess.objects.filter(id=settings.STREAMER_SERVER_ID, ended_at=None)
    told: dict[str, Any] = {"last_seen_at": now, "connections": connections, "refused": REFUSALS.counts()}
    if own.update(**told):
        return True
    row = WebProcess(id=settings.STREAMER_SERVER_ID, started_at=started_at, ended_at=None, **told)
    WebProcess.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=["ended_at", *told]
    )
    return False


def note_drain(started_at: datetime, connections: int) -> None:
    """Note that this process asks its clients to come back, so that their requests are not cancelled."""
    if not WebProcess.objects.filter(id=settings.STREAMER_SERVER_ID).update(drained_at=timezone.now()):
        beat(started_at, connections)
        WebProcess.objects.filter(id=settings.STREAMER_SERVER_ID).update(drained_at=timezone.now())


def end(connections: int) -> None:
    """Note that this process stops. ``connections``: those that it leaves open."""
    now = timezone.now()
    own = WebProcess.objects.filter(id=settings.STREAMER_SERVER_ID, ended_at=None)
    own.update(last_seen_at=now, ended_at=now, connections=connections, refused=REFUSALS.counts())


def alive(since: datetime) -> QuerySet[WebProcess]:
    return WebProcess.objects.filter(ended_at=None, last_seen_at__gt=since)


def held_by_nobody(since: datetime) -> Q:
    """Return the condition of connections that no process has held since then, among those that look open.

    Processes of the release before have no row. They write each connection every 10 s.
    """
    return Q(last_seen_at__lte=since) & ~Q(server__in=alive(since).values("id"))


def last_sign_of_life() -> Coalesce:
    """Return the last heartbeat of the process of a connection, as an expression in its query."""
    seen = WebProcess.objects.filter(id=OuterRef("server")).values("last_seen_at")[:1]
    return Coalesce(Subquery(seen), F("last_seen_at"), output_field=DateTimeField())


def with_process(rows: QuerySet[Connection]) -> QuerySet[Connection]:
    """Add to each row the last heartbeat of its process, for ``process_seen_at`` and ``is_held``."""
    return rows.annotate(process_seen_at=last_sign_of_life())


def process_seen_at(row: Connection) -> datetime:
    """Return the last heartbeat of the process that holds, or held, a connection of ``with_process``."""
    seen_at: datetime = getattr(row, "process_seen_at", row.last_seen_at)
    return seen_at


def is_held(row: Connection) -> bool:
    """Return True for an open connection of ``with_process`` whose process lives."""
    return row.closed_at is None and process_seen_at(row) > timezone.now() - SILENCE

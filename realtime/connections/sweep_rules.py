"""The sweeper's rules for rows of connections."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from jobs.sweeper.rules import BATCH, Rule
from realtime.connections.rows import SILENCE
from realtime.models import Connection


def close_dead_connections(now: datetime) -> int:
    """Close the rows of dead web processes, which cannot do so themselves."""
    dead = Connection.objects.filter(closed_at=None, last_seen_at__lt=now - SILENCE)
    return dead.update(closed_at=F("last_seen_at"), close_reason="server_lost")


def delete_old_connections(now: datetime) -> int:
    """Delete closed rows past their retention. Nothing refers to them."""
    old = Connection.objects.filter(closed_at__lt=now - timedelta(days=settings.STREAMER_RETENTION_DAYS))
    deleted, _ = Connection.objects.filter(id__in=list(old.order_by().values_list("id", flat=True)[:BATCH])).delete()
    return deleted


SWEEP_RULES = (
    Rule(name="dead connections", sweep=close_dead_connections),
    Rule(name="old connections", sweep=delete_old_connections),
)

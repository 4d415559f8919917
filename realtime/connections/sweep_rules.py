"""The sweeper's rules for rows of connections, of the web processes that hold them, and of tokens that are void."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from jobs.models import AsyncRequest
from jobs.requests.cancellation import cancel_on_disconnect
from jobs.sweeper.rules import BATCH, Rule
from realtime.connections.processes import SILENCE, held_by_nobody, last_sign_of_life
from realtime.models import Connection, Revocation, SpentRefreshToken, WebProcess
from realtime.revocations.writing import SIGNED_OUT

SERVER_LOST = "server_lost"
# For the leeway of tokens, and for a life that was longer a moment ago.
_SPARE = timedelta(hours=1)
# The row of the connection of an older request may have been deleted.
_UNWRITTEN_FOR = min(timedelta(hours=12), timedelta(days=settings.STREAMER_RETENTION_DAYS))


def end_silent_processes(now: datetime) -> int:
    """Note that web processes are dead that have shown no heartbeat."""
    silent = WebProcess.objects.filter(ended_at=None, last_seen_at__lte=now - SILENCE)
    return silent.update(ended_at=F("last_seen_at"))


def close_dead_connections(now: datetime) -> int:
    """Close the rows of dead web processes, which cannot do so themselves."""
    dead = Connection.objects.filter(held_by_nobody(now - SILENCE), closed_at=None)
    return dead.update(closed_at=last_sign_of_life(), close_reason=SERVER_LOST)


def cancel_on_lost_connections(now: datetime) -> int:
    """Cancel the requests that end with their connection, where that was lost with its web process.

    A connection without a row was lost before its row was written, which takes a second.
    """
    since = now - SILENCE
    own_row = Connection.objects.filter(id=OuterRef("connection_id"))
    drained = WebProcess.objects.filter(drained_at__isnull=False).values("id")
    is_ended_otherwise = Q(closed_at__isnull=False) & ~Q(close_reason=SERVER_LOST)
    is_held = Q(closed_at__isnull=True) & ~held_by_nobody(since)
    is_unwritten = Q(created_at__lte=since, created_at__gt=now - _UNWRITTEN_FOR)
    rows = AsyncRequest.objects.filter(
        ~Exists(own_row.filter(is_ended_otherwise | is_held | Q(server__in=drained))),
        is_unwritten | Exists(own_row),
        cancel_on_disconnect=True,
        finished_at__isnull=True,
        cancel_requested_at__isnull=True,
        ending_until__isnull=True,
    )
    lost = list(rows.order_by().values_list("id", flat=True)[:BATCH])
    return cancel_on_disconnect(Q(id__in=lost)) if lost else 0


def delete_old_connections(now: datetime) -> int:
    """Delete closed rows past their retention. Nothing refers to them."""
    old = Connection.objects.filter(closed_at__lt=now - timedelta(days=settings.STREAMER_RETENTION_DAYS))
    deleted, _ = Connection.objects.filter(id__in=list(old.order_by().values_list("id", flat=True)[:BATCH])).delete()
    return deleted


def delete_spent_tokens(now: datetime) -> int:
    """Delete the notes of used refresh tokens that have expired since."""
    spent = SpentRefreshToken.objects.filter(expires_at__lt=now).values_list("token_id", flat=True)
    deleted, _ = SpentRefreshToken.objects.filter(token_id__in=list(spent[:BATCH])).delete()
    return deleted


def delete_old_revocations(now: datetime) -> int:
    """Delete revocations of tokens that have all expired since.

    Of a sign-out these are access tokens that Streamer issued itself, whose life it knows.
    """
    life: timedelta = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    kept = timedelta(days=settings.STREAMER_REVOCATION_DAYS)
    of_sign_outs = Q(reason=SIGNED_OUT, issued_before__lt=now - life - _SPARE)
    old = Revocation.objects.filter(Q(issued_before__lt=now - kept) | of_sign_outs)
    deleted, _ = Revocation.objects.filter(id__in=list(old.order_by().values_list("id", flat=True)[:BATCH])).delete()
    return deleted


def delete_old_processes(now: datetime) -> int:
    """Delete rows of web processes that ended longer ago than closed connections are kept."""
    old = WebProcess.objects.filter(ended_at__lt=now - timedelta(days=settings.STREAMER_RETENTION_DAYS))
    deleted, _ = WebProcess.objects.filter(id__in=list(old.order_by().values_list("id", flat=True)[:BATCH])).delete()
    return deleted


SWEEP_RULES = (
    Rule(name="dead web processes", sweep=end_silent_processes, judges_silence=True),
    Rule(name="requests of lost connections", sweep=cancel_on_lost_connections, judges_silence=True),
    Rule(name="dead connections", sweep=close_dead_connections, judges_silence=True),
    Rule(name="old connections", sweep=delete_old_connections),
    Rule(name="spent refresh tokens", sweep=delete_spent_tokens),
    Rule(name="old revocations", sweep=delete_old_revocations),
    Rule(name="old web processes", sweep=delete_old_processes),
)

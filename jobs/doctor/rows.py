"""Checks of a request's row: the columns that each status must or must not have, and overdue leases."""

from datetime import timedelta
from typing import Any

from django.db import connection as database
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from jobs.doctor.check import Check, Found, NotExamined, of_items, of_rows
from jobs.doctor.sweeping import apply_rule, sweeper_lives
from jobs.models import FINAL, AsyncRequest, RequestEvent, Status
from jobs.queue.claims import lease_end
from jobs.sweeper.ownership import EXPIRED, LOST_ATTEMPTS, Ownership

SWEEPER_GRACE = timedelta(seconds=30)
"""The time after which a living sweeper has moved on every overdue row."""
_OWNED = Q(lease_until__isnull=False) | Q(attempt_token__isnull=False)
_CLIENT_IDS = "one_request_per_client_id"


def _unfinished_finals() -> QuerySet[AsyncRequest]:
    return AsyncRequest.objects.filter(status__in=FINAL, finished_at=None)


def _owned_by_nobody() -> QuerySet[AsyncRequest]:
    """Select rows that are not running, and yet have a lease or a token."""
    return AsyncRequest.objects.filter(_OWNED).exclude(status=Status.PROCESSING)


def _finish() -> str:
    last = RequestEvent.objects.filter(request=OuterRef("pk"), seq=OuterRef("last_seq"), data__final=True)
    rows = _unfinished_finals().filter(events__data__final=True, events__seq=F("last_seq"))
    ids = list(rows.values_list("id", flat=True))
    done = AsyncRequest.objects.filter(id__in=ids).update(finished_at=Subquery(last.values("created_at")[:1]))
    return f"set the end of {done} to the time of the final event"


def _disown() -> str:
    return f"cleared lease and token of {_owned_by_nobody().update(lease_until=None, attempt_token=None)}"


def _running_without_owner() -> QuerySet[AsyncRequest]:
    missing = Q(lease_until=None) | Q(attempt_token=None) | Q(attempt=0)
    return AsyncRequest.objects.filter(missing, status=Status.PROCESSING)


def _lend() -> str:
    """Give the rows a lease: a living owner renews it, and without one the sweeper finds it expired."""
    done = AsyncRequest.objects.filter(status=Status.PROCESSING, lease_until=None).update(lease_until=lease_end())
    return f"gave a lease to {done}"


def _overdue(ownership: Ownership) -> Found:
    """Requests that a living sweeper would have moved on by now."""
    if not sweeper_lives():
        raise NotExamined("no sweeper shows a sign of life, so nothing is overdue yet")
    return of_rows(AsyncRequest.objects.filter(ownership.stuck(timezone.now() - SWEEPER_GRACE)))


def _client_ids() -> Found:
    with database.cursor() as cursor:
        constraints: dict[str, Any] = database.introspection.get_constraints(cursor, AsyncRequest._meta.db_table)
    faults = [] if constraints.get(_CLIENT_IDS, {}).get("unique") else [f"no constraint {_CLIENT_IDS}"]
    named = AsyncRequest.objects.exclude(client_id=None).order_by()
    twice = named.values_list("tenant_id", "user_id", "client_id").annotate(n=Count("id")).filter(n__gt=1)
    return of_items([*faults, *("/".join(map(str, row[:3])) for row in twice)])


CHECKS = (
    Check(
        name="final-time",
        sentence="A final request says when it ended.",
        look=lambda: of_rows(_unfinished_finals()),
        remedy=_finish,
    ),
    Check(
        name="owned-by-nobody",
        sentence="A request that is not running has no lease and no token.",
        look=lambda: of_rows(_owned_by_nobody()),
        remedy=_disown,
    ),
    Check(
        name="running-owner",
        sentence="A running request has a lease, a token and a numbered attempt.",
        look=lambda: of_rows(_running_without_owner()),
        remedy=_lend,
    ),
    Check(
        name="overdue-leases",
        sentence="No lease ran out more than 30 s ago while a sweeper lives.",
        look=lambda: _overdue(LOST_ATTEMPTS),
        remedy=lambda: apply_rule(LOST_ATTEMPTS.rule),
    ),
    Check(
        name="overdue-expiries",
        sentence="No request waits on for more than 30 s after it expired while a sweeper lives.",
        look=lambda: _overdue(EXPIRED),
        remedy=lambda: apply_rule(EXPIRED.rule),
    ),
    Check(
        name="client-ids",
        sentence="The database allows each client id once per user, and no user has one twice.",
        look=_client_ids,
    ),
)

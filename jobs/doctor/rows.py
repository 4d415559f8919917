"""Checks of a request's row: the columns that each status must or must not have, and overdue leases."""

from typing import Any

from django.db import connection as database
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from jobs.doctor.check import NOTHING, Check, Found, NotExamined, of_items, of_rows
from jobs.doctor.scope import Scope
from jobs.doctor.sweeping import SWEEPER_GRACE, apply_rule, sweeper_lives
from jobs.log.endings import Ending
from jobs.models import LIVE, AsyncRequest, RequestEvent, Status
from jobs.queue.claims import lease_end
from jobs.sweeper.ownership import EXPIRED, LOST_ATTEMPTS, OVERDUE_ENDINGS, Ownership

_OWNED = Q(lease_until__isnull=False) | Q(attempt_token__isnull=False)
_CLIENT_IDS = "one_request_per_client_id"


def _unfinished_finals() -> QuerySet[AsyncRequest]:
    # Not by the final statuses: SQLite would look through all rows of those for the few without an end.
    return AsyncRequest.objects.filter(finished_at__isnull=True).exclude(status__in=LIVE)


def _owned_by_nobody(rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
    """Select rows that are not running, and yet have a lease or a token."""
    return rows.filter(_OWNED).exclude(status=Status.PROCESSING)


def _finish() -> str:
    last = RequestEvent.objects.filter(request=OuterRef("pk"), seq=OuterRef("last_seq"), data__final=True)
    rows = _unfinished_finals().filter(events__data__final=True, events__seq=F("last_seq"))
    ids = list(rows.values_list("id", flat=True))
    done = AsyncRequest.objects.filter(id__in=ids).update(finished_at=Subquery(last.values("created_at")[:1]))
    return f"set the end of {done} to the time of the final event"


def _disown(scope: Scope) -> str:
    done = sum(_owned_by_nobody(rows).update(lease_until=None, attempt_token=None) for rows in scope.parts())
    return f"cleared lease and token of {done}"


def _running_without_owner() -> QuerySet[AsyncRequest]:
    missing = Q(lease_until=None) | Q(attempt_token=None) | Q(attempt=0)
    return AsyncRequest.objects.filter(missing, status=Status.PROCESSING).exclude(Ending.waits)


def _lend() -> str:
    """Give the rows a lease: a living owner renews it, and without one the sweeper finds it expired."""
    done = _running_without_owner().filter(lease_until=None).update(lease_until=lease_end())
    return f"gave a lease to {done}"


def _overdue(ownership: Ownership) -> Found:
    """Requests that a living sweeper would have moved on by now."""
    if not sweeper_lives():
        raise NotExamined("no sweeper shows a sign of life, so nothing is overdue yet")
    return of_rows(AsyncRequest.objects.filter(ownership.stuck(timezone.now() - SWEEPER_GRACE)))


def _client_ids() -> Found:
    """Look for ids that are there twice only where the database would let them be."""
    with database.cursor() as cursor:
        constraints: dict[str, Any] = database.introspection.get_constraints(cursor, AsyncRequest._meta.db_table)
    if constraints.get(_CLIENT_IDS, {}).get("unique"):
        return NOTHING
    named = AsyncRequest.objects.exclude(client_id=None).order_by()
    twice = named.values_list("tenant_id", "user_id", "client_id").annotate(n=Count("id")).filter(n__gt=1)
    return of_items([f"no constraint {_CLIENT_IDS}", *("/".join(map(str, row[:3])) for row in twice)])


def checks(scope: Scope) -> tuple[Check, ...]:
    """List the checks of the rows in ``scope``."""
    return (
        Check(
            name="final-time",
            sentence="A final request says when it ended.",
            look=lambda: of_rows(_unfinished_finals()),
            remedy=_finish,
        ),
        Check(
            name="owned-by-nobody",
            sentence="A request that is not running has no lease and no token.",
            look=lambda: scope.found_in(_owned_by_nobody),
            remedy=lambda: _disown(scope),
        ),
        Check(
            name="running-owner",
            sentence="A running request has a lease, a token and a numbered attempt, or waits for its receipt.",
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
            name="overdue-endings",
            sentence="No request waits for its receipt 30 s after its time while a sweeper lives.",
            look=lambda: _overdue(OVERDUE_ENDINGS),
            remedy=lambda: apply_rule(OVERDUE_ENDINGS.rule),
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

"""Checks of a request's events: numbered without a gap, ended once, written by one attempt after the other.

Nothing here has a remedy: events that were sent to clients cannot be changed afterwards.
"""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, Lag

from jobs.doctor.check import Check, of_rows
from jobs.doctor.scope import Scope
from jobs.log.events import EventType
from jobs.models import LIVE, AsyncRequest, RequestEvent, Status

FINAL_EVENTS = {
    Status.COMPLETED: EventType.COMPLETE,
    Status.FAILED: EventType.ERROR,
    Status.CANCELLED: EventType.CANCELLED,
}


def _numbers(rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
    own = RequestEvent.objects.filter(request=OuterRef("pk")).order_by()
    # Numbers are unique, so there is no gap if as many events as the last number are within them, and none outside.
    within = own.filter(seq__range=(1, OuterRef("last_seq"))).values("request").annotate(n=Count("pk")).values("n")
    outside = own.filter(Q(seq__lt=1) | Q(seq__gt=OuterRef("last_seq")))
    return rows.annotate(n=Coalesce(Subquery(within), 0)).filter(~Q(n=F("last_seq")) | Q(Exists(outside)))


def _endings(rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
    """Select final requests whose last event does not match their status, or that have an earlier final event."""
    own = RequestEvent.objects.filter(request=OuterRef("pk"))
    ill = Q()
    for status, kind in FINAL_EVENTS.items():
        last = own.filter(seq=OuterRef("last_seq"), type=kind, data__final=True)
        ill |= Q(~Exists(last), status=status)
    early = own.filter(_says_final(), seq__lt=OuterRef("last_seq"))
    return rows.exclude(status__in=LIVE).filter(ill | Q(Exists(early)))


def _early_endings(rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
    final = RequestEvent.objects.filter(_says_final(), request=OuterRef("pk"))
    return rows.filter(Exists(final), status__in=LIVE)


def _says_final() -> Q:
    return Q(type__in=FINAL_EVENTS.values()) | Q(data__final=True)


def _attempts(rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
    events = RequestEvent.objects.filter(request_id__in=rows.order_by().values("id"))
    before = Window(Lag("attempt"), partition_by="request_id", order_by="seq")
    backwards: QuerySet[RequestEvent] = events.annotate(before=before).filter(attempt__lt=F("before"))
    ahead = events.filter(attempt__gt=F("request__attempt"))
    ids = {*backwards.values_list("request_id", flat=True), *ahead.values_list("request_id", flat=True)}
    return AsyncRequest.objects.filter(id__in=ids)


def checks(scope: Scope) -> tuple[Check, ...]:
    """List the checks of the logs of the requests in ``scope``."""
    return (
        Check(
            name="log-numbers",
            sentence="The events of each request are numbered 1 to its last number, without a gap.",
            look=lambda: scope.found_in(_numbers),
        ),
        Check(
            name="log-endings",
            sentence="A final request has exactly one final event, the last one, of the type that fits its status.",
            look=lambda: scope.found_in(_endings),
        ),
        Check(
            name="log-early-endings",
            sentence="A request that is not final has no final event.",
            look=lambda: of_rows(_early_endings(scope.live)),
        ),
        Check(
            name="log-attempts",
            sentence="In the events of a request the attempt never falls, and never exceeds that of its row.",
            look=lambda: scope.found_in(_attempts),
        ),
    )

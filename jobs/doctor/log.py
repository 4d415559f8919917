"""Checks of a request's events: numbered without a gap, ended once, written by one attempt after the other.

Nothing here has a remedy: events that were sent to clients cannot be changed afterwards.
"""

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Lag

from jobs.doctor.check import Check, Found, of_rows
from jobs.log.events import EventType
from jobs.models import LIVE, AsyncRequest, RequestEvent, Status

FINAL_EVENTS = {
    Status.COMPLETED: EventType.COMPLETE,
    Status.FAILED: EventType.ERROR,
    Status.CANCELLED: EventType.CANCELLED,
}


def _numbers() -> Found:
    logs = AsyncRequest.objects.values("id", "last_seq")
    logs = logs.annotate(n=Count("events"), lowest=Min("events__seq"), highest=Max("events__seq"))
    # Numbers are unique, so there is no gap if there are as many events as the highest number.
    whole = Q(n=F("last_seq"), lowest=1, highest=F("last_seq")) | Q(n=0, last_seq=0)
    return of_rows(logs.exclude(whole), "id")


def _endings() -> Found:
    """Select final requests whose last event does not match their status, or that have an earlier final event."""
    own = RequestEvent.objects.filter(request=OuterRef("pk"))
    ill = Q()
    for status, kind in FINAL_EVENTS.items():
        last = own.filter(seq=OuterRef("last_seq"), type=kind, data__final=True)
        ill |= Q(~Exists(last), status=status)
    early = own.filter(_says_final(), seq__lt=OuterRef("last_seq"))
    return of_rows(AsyncRequest.objects.filter(status__in=FINAL_EVENTS).filter(ill | Q(Exists(early))))


def _early_endings() -> Found:
    final = RequestEvent.objects.filter(_says_final(), request=OuterRef("pk"))
    return of_rows(AsyncRequest.objects.filter(Exists(final), status__in=LIVE))


def _says_final() -> Q:
    return Q(type__in=FINAL_EVENTS.values()) | Q(data__final=True)


def _attempts() -> Found:
    before = Window(Lag("attempt"), partition_by="request_id", order_by="seq")
    backwards: QuerySet[RequestEvent] = RequestEvent.objects.annotate(before=before).filter(attempt__lt=F("before"))
    ahead = RequestEvent.objects.filter(attempt__gt=F("request__attempt"))
    ids = {*backwards.values_list("request_id", flat=True), *ahead.values_list("request_id", flat=True)}
    return of_rows(AsyncRequest.objects.filter(id__in=ids)) if ids else Found(count=0)


CHECKS = (
    Check(
        name="log-numbers",
        sentence="The events of each request are numbered 1 to its last number, without a gap.",
        look=_numbers,
    ),
    Check(
        name="log-endings",
        sentence="A final request has exactly one final event, the last one, of the type that fits its status.",
        look=_endings,
    ),
    Check(
        name="log-early-endings",
        sentence="A request that is not final has no final event.",
        look=_early_endings,
    ),
    Check(
        name="log-attempts",
        sentence="In the events of a request the attempt never falls, and never exceeds that of its row.",
        look=_attempts,
    ),
)

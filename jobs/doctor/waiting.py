"""Checks of requests that wait although nothing keeps them from running, or that nothing will ever run."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from rq import Worker

from jobs.doctor.check import NOTHING, Check, Found, of_rows
from jobs.doctor.sweeping import apply_rule_once
from jobs.log.events import NotOwner
from jobs.models import WAITING, AsyncRequest
from jobs.queue.caps import count_running
from jobs.queue.claims import waiting
from jobs.queue.names import own_queues
from jobs.queue.wakeups import connection, waiting_rings
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound
from jobs.sweeper.ownership import LOST_RINGS

RING_OVERDUE = timedelta(seconds=60)
_CANCEL_OVERDUE = timedelta(seconds=30)


def _forgotten() -> Found:
    """Select requests that could have run for a minute in a queue without a ring, whose workers are not all busy."""
    now = timezone.now()
    rows = waiting(own_queues(), now).filter(available_at__lte=now - RING_OVERDUE)
    rows = count_running().leave_out_full(rows)
    queues = set(rows.order_by().values_list("queue", flat=True).distinct())
    return of_rows(rows.filter(queue__in=_unattended(queues))) if queues else NOTHING


def _unattended(queues: Iterable[str]) -> list[str]:
    workers = Worker.all(connection=connection())
    busy = {worker.name for worker in workers if worker.get_state() == "busy"}
    found = []
    for queue in queues:
        served_by = {worker.name for worker in workers if queue in worker.queue_names()}
        if waiting_rings(queue) == 0 and not (served_by and served_by <= busy):
            found.append(queue)
    return found


def _unknown_queue() -> QuerySet[AsyncRequest]:
    return AsyncRequest.objects.filter(status__in=WAITING).exclude(queue__in=own_queues())


def _cancelled_but_waiting() -> QuerySet[AsyncRequest]:
    """Select cancelled requests that wait: no worker claims them, so they would wait for ever."""
    before = timezone.now() - _CANCEL_OVERDUE
    return AsyncRequest.objects.filter(status__in=WAITING, cancel_requested_at__lt=before)


def _cancel() -> str:
    done = 0
    for request_id in list(_cancelled_but_waiting().values_list("id", flat=True)):
        try:
            request_cancel(request_id)
            done += 1
        except (NotFound, AlreadyFinished, NotOwner):
            continue  # it moved on by itself
    return f"cancelled {done}"


CHECKS = (
    Check(
        name="forgotten",
        sentence="Every request that could run for 60 s has a ring in its queue, or finds all its workers busy.",
        look=_forgotten,
        remedy=lambda: apply_rule_once(LOST_RINGS.rule),
    ),
    Check(
        name="unknown-queue",
        sentence="Every waiting request is in a queue that is configured.",
        look=lambda: of_rows(_unknown_queue()),
    ),
    Check(
        name="cancelled-but-waiting",
        sentence="No request that was cancelled more than 30 s ago still waits.",
        look=lambda: of_rows(_cancelled_but_waiting()),
        remedy=_cancel,
    ),
)

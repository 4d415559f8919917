"""The doctor's checks of connections that look open although their process is dead, and of processes without Redis."""

from datetime import timedelta

from channels.layers import get_channel_layer
from django.db.models import QuerySet
from django.utils import timezone

from jobs.doctor import Check, Found, register_checks
from jobs.doctor.check import NotExamined, of_items, of_rows
from jobs.doctor.sweeping import apply_rule
from realtime.connections.processes import SILENCE, held_by_nobody
from realtime.delivery.layer import BoundedPubSubLayer
from realtime.models import Connection
from realtime.sending.asking import ask_circuits

_SWEPT_SECONDS = 45.0
"""The time in which the sweeper should have closed the rows of a process that it takes for dead."""


def _silent() -> QuerySet[Connection]:
    since = timezone.now() - SILENCE - timedelta(seconds=_SWEPT_SECONDS)
    return Connection.objects.filter(held_by_nobody(since), closed_at=None)


def _silent_servers() -> Found:
    layer = get_channel_layer()
    return of_items(layer.silent_servers() if isinstance(layer, BoundedPubSubLayer) else ())


def _open_circuits() -> Found:
    asked = ask_circuits()
    if not asked.is_whole:
        raise NotExamined("not every web process answered")
    # One that is half open waits for somebody to call. Redis may have been back for long.
    return of_items(
        f"{process}: {name} is open"
        for process, circuits in asked.circuits.items()
        for name, state in circuits.items()
        if state == "open"
    )


register_checks(
    [
        Check(
            name="silent-connections",
            sentence="Every open connection is held by a web process that lives.",
            look=lambda: of_rows(_silent()),
            remedy=lambda: apply_rule("dead connections"),
        ),
        Check(
            name="channels",
            sentence="Every Redis of the channel layer answers.",
            look=_silent_servers,
        ),
        Check(
            name="circuits",
            sentence="No web process with connections has stopped calling Redis after failures (a circuit is open).",
            look=_open_circuits,
        ),
    ]
)

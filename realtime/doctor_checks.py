"""The doctor's check of connections that look open although the process that held them is silent."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from jobs.doctor import Check, register_checks
from jobs.doctor.check import of_rows
from jobs.doctor.sweeping import apply_rule
from realtime.models import Connection

SILENCE = timedelta(seconds=90)
"""A web process refreshes its connections every 10 s; the sweeper takes it for dead after 45 s."""


def _silent() -> QuerySet[Connection]:
    return Connection.objects.filter(closed_at=None, last_seen_at__lt=timezone.now() - SILENCE)


register_checks(
    [
        Check(
            name="silent-connections",
            sentence="Every open connection was refreshed by its server in the last 90 s.",
            look=lambda: of_rows(_silent()),
            remedy=lambda: apply_rule("dead connections"),
        )
    ]
)

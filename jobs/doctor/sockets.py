"""Connections that look open although the process that held them is silent."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils import timezone

from jobs.doctor.check import Check, Found, NotExamined, of_rows
from jobs.doctor.sweeping import apply_rule

SILENCE = timedelta(seconds=90)
"""A web process shows its connections every 10 s; the sweeper takes it for dead after 45 s."""


def _silent() -> QuerySet[Any, Any]:
    try:
        # By name: jobs knows no sockets, and also runs where the socket side is not installed.
        connections = apps.get_model("realtime", "Connection")._default_manager
    except LookupError:
        raise NotExamined("the socket side is not installed here") from None
    return connections.filter(closed_at=None, last_seen_at__lt=timezone.now() - SILENCE)


def _look() -> Found:
    return of_rows(_silent())


CHECKS = (
    Check(
        name="silent-connections",
        sentence="No connection is open that its server has not shown for 90 s.",
        look=_look,
        remedy=lambda: apply_rule("dead connections"),
    ),
)

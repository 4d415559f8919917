"""The check that the hosts agree on the time: one host writes a lease and another judges it."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from jobs.doctor.check import NOTHING, Check, Found

MAX_SKEW = timedelta(seconds=5)


def _apart() -> Found:
    before = timezone.now()
    there = _time_of_database()
    if there is None or before - MAX_SKEW <= there <= timezone.now() + MAX_SKEW:
        return NOTHING
    return Found(
        count=1, examples=(f"the database's clock is {(there - before).total_seconds():+.1f} s off this host's",)
    )


def _time_of_database() -> datetime | None:
    """Ask the database for its time. Return None where it has no clock but that of this host."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


CHECKS = (
    Check(
        name="clocks",
        sentence="The clocks of this host and of the database differ by less than 5 s.",
        look=_apart,
    ),
)

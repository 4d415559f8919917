"""The statements of the overview read what waits, runs and ended lately, however many requests there were before."""

import pytest
from django.utils import timezone

from jobs.admin.overview.snapshot import forget, snapshot
from jobs.metrics.minutes import settle_minutes
from jobs.metrics.service import ServiceMinutes
from tests.jobs.queue.test_plans import INDEXES, check_plan, statements_of, store_history

pytestmark = pytest.mark.django_db(transaction=True)
_OF_ENDS = {
    "runs_of_action",
    "ended_by_status",
    "ended_by_action",
    "newest_requests",
    "changed_requests",
    "sqlite_autoindex_jobs_requestminute_1",
    "sqlite_autoindex_jobs_serviceminute_1",
}


def test_it_works() -> None:
    store_history()
    while settle_minutes(timezone.now()):
        pass
    forget()
    found = statements_of(snapshot)
    assert len(found) > 10
    for sql, values in found:
        check_plan(sql, values, {*INDEXES, *_OF_ENDS})


def test_the_sweeper_reads_the_minutes_that_it_writes() -> None:
    store_history()
    while settle_minutes(timezone.now()):
        pass
    minutes = ServiceMinutes()
    minutes.settle(timezone.now())
    for sql, values in statements_of(lambda: minutes.look(timezone.now())):
        check_plan(sql, values)

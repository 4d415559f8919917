"""The sweeper's rules that wake workers: for a ring that was lost, and for a retry that has come due."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.models import Status
from jobs.queue.wakeups import connection, waiting_rings
from jobs.sweeper.rules import ring_again, ring_due_retries
from tests.jobs.building import change, claim, make_submission, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def test_a_lost_ring_is_rung_again_for_each_queue_that_has_none() -> None:
    for queue in ("default", "ml", "ml"):
        store(make_submission(queue=queue))
    assert ring_again(timezone.now()) == 0
    later = timezone.now() + MINUTE
    assert ring_again(later) == 2
    assert (waiting_rings("default"), waiting_rings("ml"), waiting_rings("reports")) == (1, 1, 0)
    assert ring_again(later) == 0


def test_a_new_one_is_rung_for_though_the_clock_was_put_back_since_its_submit() -> None:
    request_id = store(make_submission())
    change(request_id, available_at=timezone.now() + MINUTE)
    assert ring_again(timezone.now()) == 1 and waiting_rings("default") == 1


def test_a_retry_is_rung_for_when_the_clock_was_put_back() -> None:
    request_id = store(make_submission())
    later = timezone.now() + MINUTE
    change(request_id, status=Status.RETRYING, changed_at=later, available_at=later)
    assert ring_again(timezone.now()) == 1 and waiting_rings("default") == 1


def test_nobody_is_woken_for_who_runs_as_many_as_allowed(settings: Settings) -> None:
    """Every second a worker would look, find nothing, and go."""
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    running, _ = submit(), submit()
    claim()
    connection().flushdb()
    later = timezone.now() + MINUTE
    assert ring_again(later) == 0
    change(running, status=Status.COMPLETED)
    assert ring_again(later) == 1


def test_a_retry_that_has_come_due_is_rung_for() -> None:
    request_id = submit()
    change(request_id, status=Status.RETRYING, available_at=timezone.now() + MINUTE)
    assert ring_due_retries(timezone.now()) == 0 and waiting_rings("default") == 0
    assert ring_due_retries(timezone.now() + MINUTE) == 1 and waiting_rings("default") == 1

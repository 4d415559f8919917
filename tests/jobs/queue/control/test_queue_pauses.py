"""A paused queue starts nothing new, and everything else goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import PausedQueue, Status
from jobs.queue.claims import claim_next
from jobs.queue.pauses import NotPaused, UnknownQueue, pause_queue, resume_queue
from jobs.queue.waits import waits_of, why_waiting
from jobs.queue.wakeups import waiting_rings
from jobs.sweeper.rules import ring_again
from tests.jobs.building import QUEUES, claim, make_submission, row_of, store
from tests.jobs.queue.workers import register_many

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works() -> None:
    running = store(make_submission(queue="reports"))
    claim()
    paused, free = store(make_submission(queue="reports")), store(make_submission())
    row = pause_queue("reports", reason="The printer is away", paused_by="dora")
    assert (row.reason, row.paused_by) == ("The printer is away", "dora")
    assert claim().request_id == free
    assert claim_next(QUEUES, worker="") is None and claim_next(["reports"], worker="") is None
    assert row_of(running).status == Status.PROCESSING
    resume_queue("reports")
    assert claim().request_id == paused


def test_who_waits_is_told_that_it_is_paused() -> None:
    register_many(1)
    waiting, other = store(make_submission(queue="reports")), store(make_submission())
    pause_queue("reports")
    told = why_waiting(row_of(waiting))
    assert told is not None and told.get("reason") == "paused"
    waits = waits_of([waiting, other])
    assert waits[waiting].get("reason") == "paused" and waits[other].get("reason") == "ahead"
    assert "estimated_start_seconds" not in waits[waiting]


def test_nobody_is_woken_for_what_is_paused_until_it_goes_on() -> None:
    store(make_submission(queue="ml"))
    pause_queue("ml")
    assert ring_again(timezone.now() + timedelta(minutes=1)) == 0 and waiting_rings("ml") == 0
    resume_queue("ml")
    assert waiting_rings("ml") == 1


def test_pausing_twice_keeps_the_time_and_takes_the_new_reason() -> None:
    first, second = pause_queue("ml", reason="one"), pause_queue("ml", reason="two")
    assert PausedQueue.objects.get().paused_at == first.paused_at and second.reason == "two"


def test_only_queues_of_streamer_can_be_paused_and_only_paused_ones_resumed() -> None:
    with pytest.raises(UnknownQueue, match="no queue 'nope'; there are: .*default"):
        pause_queue("nope")
    with pytest.raises(NotPaused):
        resume_queue("default")

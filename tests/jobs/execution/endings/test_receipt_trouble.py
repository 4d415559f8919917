"""A receipt that cannot be made, that comes too late, or whose worker leaves: the request ends all the same."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from jobs.errors import Retryable
from jobs.execution import watchdog
from jobs.execution.endings import early
from jobs.execution.endings.early import EndingRun
from jobs.handler import Context
from jobs.models import Status
from jobs.queue.endings import claim_ending
from jobs.sweeper.rules import RULES
from tests.handlers.receipts import Receipts
from tests.jobs.building import QUEUES, change, final_of, never, row_of, run_next, stored_files, submit, types_of
from tests.jobs.execution.endings.ended_early import assert_has_none, assert_has_receipt, ending, lost, run_ending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def raising(error: BaseException) -> Callable[[Context], object]:
    def fail(context: Context) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyError("a bug"), SystemExit(1)], ids=["bug", "exit"])
def test_a_receipt_that_cannot_be_made_does_not_hold_up_the_end(error: BaseException) -> None:
    Receipts.receipts.append(raising(error))
    request_id = submit("zoo_receipts")
    assert run_next().status == Status.FAILED
    assert final_of(request_id)["error"]["message"] == "It cannot be done"
    assert_has_none(request_id)
    assert stored_files() == []


@pytest.mark.parametrize("error", [Retryable("later"), OperationalError("away")], ids=["retryable", "database"])
def test_one_that_can_be_made_later_is(error: Exception) -> None:
    Receipts.receipts.append(raising(error))
    request_id = submit("zoo_receipts")
    row = run_next()
    assert (row.status, row.attempt_token, stored_files()) == (Status.PROCESSING, None, [])
    assert claim_ending(QUEUES, worker="too soon") is None
    change(request_id, available_at=timezone.now())
    run_ending()
    assert_has_receipt(request_id)


def test_it_is_made_in_its_time_or_not_at_all() -> None:
    request_id = lost()
    Receipts.receipts.append(lambda context: overtake(request_id))
    run_ending()
    assert row_of(request_id).status == Status.FAILED
    assert_has_none(request_id)
    assert stored_files() == []


def overtake(request_id: UUID) -> None:
    """Have the time of the ending be over, and the sweeper notice it."""
    change(request_id, ending_until=timezone.now())
    assert sum(rule.sweep(timezone.now()) for rule in RULES if rule.name == "overdue endings") == 1


def test_a_worker_that_is_lost_with_it_is_replaced_once() -> None:
    request_id = lost()
    for handed_on in (1, 0):
        zombie = ending()
        change(request_id, lease_until=timezone.now() - timedelta(seconds=1))
        assert sum(rule.sweep(timezone.now()) for rule in RULES if rule.name == "lost endings") == 1
        assert (row_of(request_id).status == Status.PROCESSING) == bool(handed_on)
        EndingRun(zombie, end_process=never).run()
        assert stored_files() == []
    assert final_of(request_id)["error"]["code"] == "WORKER_LOST"
    assert_has_none(request_id)


@pytest.mark.usefixtures("quick_beats")
def test_a_worker_that_must_leave_hands_it_on(settings: Settings) -> None:
    settings.STREAMER_STOP_GRACE_SECONDS = 0.1
    Receipts.receipts.append(check_for_ever)
    request_id = lost()
    watchdog.leave()
    row = run_ending()
    assert (row.status, row.attempt_token, stored_files()) == (Status.PROCESSING, None, [])
    assert types_of(request_id) == ["started"]


def check_for_ever(context: Context) -> None:
    while True:
        context.check()
        time.sleep(0.01)


@pytest.mark.usefixtures("quick_beats")
def test_a_receipt_that_does_not_let_its_worker_leave_is_handed_on_and_its_process_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_STOP_GRACE_SECONDS = 0.1
    monkeypatch.setattr(early, "STOP_GRACE_SECONDS", 0.1)
    request_id = lost()
    ended: list[Any] = []
    Receipts.receipts.append(lambda context: wait_for(ended))
    watchdog.leave()
    EndingRun(ending(), end_process=lambda: ended.append(row_of(request_id).attempt_token)).run()
    assert ended[0] is None and row_of(request_id).status == Status.PROCESSING


def wait_for(ended: list[Any]) -> None:
    while not ended:
        time.sleep(0.01)

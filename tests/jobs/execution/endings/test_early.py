"""The end of a request whose handler makes receipts: the receipt and its files come with the one final message."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.contract.base import makes_receipts
from jobs.execution import reporter, runner
from jobs.execution.shift import work_shift
from jobs.handler import Context
from jobs.models import PausedAction, Status
from jobs.queue.wakeups import connection
from jobs.requests.cancellation import request_cancel
from jobs.sweeper.endings import ring_waiting_endings
from jobs.sweeper.rules import RULES
from tests.handlers.receipts import Receipts
from tests.handlers.zoo import Deaf
from tests.jobs.building import QUEUES, change, claim, final_of, never, row_of, run_next, submit, types_of
from tests.jobs.execution.endings.ended_early import assert_has_none, assert_has_receipt, lost, run_ending
from tests.jobs.execution.runner.in_thread import Aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


# --- the attempt itself goes on to make it ---------------------------------------------------------------------------
@pytest.mark.parametrize(("end", "code"), [("fail", "PROCESSING_FAILED"), ("crash", "INTERNAL_ERROR")])
def test_it_works(end: str, code: str) -> None:
    request_id = submit("zoo_receipts", end=end)
    row = run_next()
    assert (row.status, row.errors_count) == (Status.FAILED, int(end == "fail"))
    assert final_of(request_id)["error"]["code"] == code
    assert types_of(request_id) == ["started", "progress", "error"]
    assert_has_receipt(request_id)


def test_one_that_completes_needs_none() -> None:
    request_id = submit("zoo_receipts", end="return")
    assert run_next().result == {"steps": 10}
    assert "receipt" not in final_of(request_id)


def test_a_cancel_comes_with_the_receipt() -> None:
    request_id = submit("zoo_receipts", end="wait")
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED
    assert final_of(request_id)["mode"] == "cooperative"
    assert_has_receipt(request_id)


@pytest.mark.usefixtures("quick_beats")
def test_the_cancel_does_not_stop_the_receipt() -> None:
    Receipts.receipts.append(check_some_beats)
    request_id = submit("zoo_receipts", end="wait")
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED
    assert_has_receipt(request_id)


def check_some_beats(context: Context) -> None:
    for _ in range(10):
        time.sleep(reporter.BEAT_SECONDS)
        context.check()


def test_the_receipt_begins_with_a_whole_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt may have renewed its lease long ago, and its files may take long to delete."""
    soon = timedelta(seconds=2)
    monkeypatch.setattr(reporter, "lease_end", lambda: timezone.now() + soon)
    left: list[timedelta] = []
    Receipts.receipts.append(lambda context: left.append(row_of(context.request_id).lease_until - timezone.now()))
    submit("zoo_receipts")
    assert run_next().status == Status.FAILED and left[0] > 2 * soon


@pytest.mark.usefixtures("quick_beats")
def test_a_timeout_comes_with_the_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Receipts, "timeout_seconds", 0.2)
    request_id = submit("zoo_receipts", end="wait")
    assert Aside(claim()).wait().status == Status.FAILED
    assert final_of(request_id)["error"]["code"] == "TIMEOUT"
    assert_has_receipt(request_id)


@pytest.mark.usefixtures("quick_beats")
def test_for_one_that_is_killed_another_worker_makes_it(settings: Settings) -> None:
    settings.STREAMER_CANCEL_GRACE_SECONDS = 0.2
    request_id = submit("zoo_receipts", end="deaf")
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    row = aside.wait()
    assert aside.ended.is_set() and (row.status, row.attempt_token, row.lease_until) == (Status.PROCESSING, None, None)
    assert types_of(request_id) == ["started", "progress"]
    run_ending()
    assert (row_of(request_id).status, final_of(request_id)["mode"]) == (Status.CANCELLED, "killed")
    assert final_of(request_id)["seconds"] >= 0.2
    assert_has_receipt(request_id)


def test_an_action_that_makes_none_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert makes_receipts(Receipts()) and not makes_receipts(Deaf())
    monkeypatch.setattr(runner, "EndingRun", never)
    request_id = submit("zoo_permanent")
    assert run_next().status == Status.FAILED
    assert_has_none(request_id)


# --- others decide its end -------------------------------------------------------------------------------------------
def test_a_lost_request_ends_with_its_receipt() -> None:
    request_id = lost()
    row = row_of(request_id)
    assert (row.status, row.lost_count, types_of(request_id)) == (Status.PROCESSING, 5, ["started"])
    assert all(rule.sweep(timezone.now()) == 0 for rule in RULES)
    assert run_ending().status == Status.FAILED
    assert final_of(request_id)["error"]["details"]["reason"] == "in_all"
    assert_has_receipt(request_id)


def test_one_that_is_cancelled_between_two_attempts_ends_with_its_receipt() -> None:
    request_id = submit("zoo_receipts", end="wait")
    claim()
    change(request_id, status=Status.RETRYING, attempt_token=None, lease_until=None)
    row = request_cancel(request_id)
    assert row.status == Status.PROCESSING and row.cancel_requested_at is not None
    assert run_ending().status == Status.CANCELLED
    assert final_of(request_id)["mode"] == "before_start"
    assert_has_receipt(request_id)


def test_one_that_never_began_is_cancelled_at_once() -> None:
    request_id = submit("zoo_receipts")
    assert request_cancel(request_id).status == Status.CANCELLED
    assert_has_none(request_id)


def test_a_cancel_changes_nothing_about_an_end_that_is_decided() -> None:
    request_id = lost()
    assert request_cancel(request_id).cancel_requested_at is None
    assert run_ending().status == Status.FAILED
    assert_has_receipt(request_id)


def test_a_shift_makes_receipts_before_it_runs_requests(settings: Settings) -> None:
    settings.STREAMER_SHIFT_REQUESTS = 1
    request_id, other = lost(), submit()
    work_shift(QUEUES, "second worker")
    assert (row_of(request_id).status, row_of(other).status) == (Status.FAILED, Status.PENDING)


def test_neither_a_pause_nor_a_cap_holds_it_up(settings: Settings) -> None:
    request_id = lost()
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    PausedAction.objects.create(action="zoo_receipts")
    work_shift(QUEUES, "second worker")
    assert_has_receipt(request_id)


def test_a_clock_that_is_put_back_does_not_hold_it_up() -> None:
    request_id = lost()
    ahead = timezone.now() + timedelta(minutes=5)
    change(request_id, changed_at=ahead, available_at=ahead, ending_until=ahead + timedelta(minutes=1))
    connection().flushdb()
    assert ring_waiting_endings(timezone.now()) == 1
    work_shift(QUEUES, "second worker")
    assert_has_receipt(request_id)

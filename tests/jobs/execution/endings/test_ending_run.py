"""The end of a request whose handler makes receipts: the receipt and its files come with the one final message."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from jobs.contract.base import makes_receipts
from jobs.errors import Retryable
from jobs.execution import ending_run, reporter, runner, watchdog
from jobs.execution.ending_run import EndingRun
from jobs.execution.shift import work_shift
from jobs.handler import Context
from jobs.models import Artifact, AsyncRequest, PausedAction, Status
from jobs.queue.claims import Claim
from jobs.queue.endings import claim_ending
from jobs.requests.cancellation import request_cancel
from jobs.requests.reads import snapshot
from jobs.sweeper.rules import RULES, recover_lost_attempts
from tests.handlers.receipts import Receipts
from tests.handlers.zoo import Deaf
from tests.jobs.building import QUEUES, change, claim, final_of, never, row_of, run_next, stored_files, submit, types_of
from tests.jobs.execution.in_thread import Aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


@pytest.fixture(autouse=True)
def no_orders() -> Iterator[None]:
    Receipts.receipts.clear()
    yield
    Receipts.receipts.clear()


def raising(error: BaseException) -> Callable[[Context], object]:
    def fail(context: Context) -> None:
        raise error

    return fail


def lost(end: str = "wait") -> UUID:
    """Make a request whose worker was lost for the last time that is allowed."""
    request_id = submit("zoo_receipts", end=end)
    claim()
    change(request_id, lease_until=timezone.now() - timedelta(seconds=1), lost_count=4)
    assert recover_lost_attempts(timezone.now()) == 1
    return request_id


def ending(worker: str = "second worker") -> Claim:
    claimed = claim_ending(QUEUES, worker=worker)
    assert claimed is not None
    return claimed


def run_ending() -> AsyncRequest:
    claimed = ending()
    EndingRun(claimed, end_process=never).run()
    return row_of(claimed.request_id)


def assert_has_receipt(request_id: UUID) -> None:
    """Check that the final event, the row and the storage have the receipt with its one file, and nothing else."""
    data, row = final_of(request_id), row_of(request_id)
    (file,) = data["artifacts"]
    assert data["receipt"] == {"steps": 3, "file": file} == snapshot(row)["receipt"]
    stored = Artifact.objects.get(request_id=request_id)
    assert (str(stored.id), stored.filename) == (file["artifact_id"], "done.txt")
    assert stored_files() == ["done.txt"]
    with default_storage.open(stored.storage_name) as content:
        assert content.read() == b"done"
    assert (row.ending, row.ending_until, row.lease_until, row.attempt_token) == (None, None, None, None)


def assert_has_none(request_id: UUID) -> None:
    data = final_of(request_id)
    assert "receipt" not in data and "artifacts" not in data and row_of(request_id).result is None
    assert not Artifact.objects.exists()


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


# --- trouble with the receipt ----------------------------------------------------------------------------------------
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
    monkeypatch.setattr(ending_run, "STOP_GRACE_SECONDS", 0.1)
    request_id = lost()
    ended: list[Any] = []
    Receipts.receipts.append(lambda context: wait_for(ended))
    watchdog.leave()
    EndingRun(ending(), end_process=lambda: ended.append(row_of(request_id).attempt_token)).run()
    assert ended[0] is None and row_of(request_id).status == Status.PROCESSING


def wait_for(ended: list[Any]) -> None:
    while not ended:
        time.sleep(0.01)

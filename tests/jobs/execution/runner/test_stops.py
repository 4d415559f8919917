import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections
from django.utils import timezone
from pytest_django import Settings

from jobs.execution import runner, watchdog
from jobs.execution.endings import settling
from jobs.execution.runner import Runner
from jobs.log.events import append
from jobs.models import Artifact, Status
from jobs.requests.cancellation import request_cancel
from tests.handlers.zoo import Deaf
from tests.jobs.building import (
    change,
    claim,
    final_of,
    log_of,
    never,
    row_of,
    run_next,
    stored_files,
    submit,
    types_of,
)
from tests.jobs.execution.runner.in_thread import Aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


@pytest.mark.usefixtures("quick_beats")
@pytest.mark.parametrize("action", ["zoo_swallow", "zoo_file_then_wait"])
def test_a_lost_attempt_writes_nothing_that_can_be_seen(action: str) -> None:
    request_id = submit(action)
    aside = Aside(claim()).until_it_reports()
    token = uuid4()
    change(request_id, attempt=2, attempt_token=token)
    seen = len(log_of(request_id))
    row = aside.wait()
    assert (row.status, row.attempt, row.attempt_token, row.result) == (Status.PROCESSING, 2, token, None)
    assert len(log_of(request_id)) == seen
    assert stored_files() == [] and not Artifact.objects.exists()
    assert not aside.ended.is_set()


def test_an_attempt_that_loses_the_request_at_the_very_end_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(request_id: UUID, *arguments: Any, **named: Any) -> Any:
        change(request_id, attempt=2)
        return append(request_id, *arguments, **named)

    monkeypatch.setattr(settling, "append", too_late)
    request_id = submit("zoo_file")
    assert run_next().status == Status.PROCESSING
    assert types_of(request_id) == ["started"] and stored_files() == [] and not Artifact.objects.exists()


# --- cancel, time, a worker that leaves ------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["zoo_swallow", "zoo_file_then_wait"])
def test_a_handler_that_listens_is_cancelled_within_about_a_second(action: str) -> None:
    request_id = submit(action)
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED
    data = final_of(request_id)
    assert data["mode"] == "cooperative" and data["seconds"] < 3
    assert not aside.ended.is_set()


@pytest.mark.usefixtures("quick_beats")
def test_a_deaf_handler_is_killed_after_the_grace(settings: Settings) -> None:
    settings.STREAMER_CANCEL_GRACE_SECONDS = 0.3
    request_id = submit("zoo_deaf")
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED and aside.ended.is_set()
    data = final_of(request_id)
    assert data["mode"] == "killed" and data["seconds"] >= 0.3


@pytest.mark.usefixtures("quick_beats")
def test_a_handler_that_listens_is_told_when_its_time_is_up() -> None:
    request_id = submit("zoo_late")
    started = time.monotonic()
    assert Aside(claim()).wait().status == Status.FAILED
    assert time.monotonic() - started >= 0.5
    error = final_of(request_id)["error"]
    assert error["code"] == "TIMEOUT" and error["details"] == {"seconds": 0.5, "reason": "attempt"}


@pytest.mark.usefixtures("quick_beats")
def test_a_deaf_handler_is_ended_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_GRACE_SECONDS", 0.2)
    request_id = submit("zoo_deaf")
    aside = Aside(claim()).until_it_reports()  # one that has not begun would be asked to stop, and would
    monkeypatch.setattr(Deaf, "timeout_seconds", 0.2)
    assert aside.wait().status == Status.FAILED and aside.ended.is_set()
    assert final_of(request_id)["error"]["code"] == "TIMEOUT"


@pytest.mark.usefixtures("quick_beats")
def test_a_worker_that_must_leave_hands_its_request_back(settings: Settings) -> None:
    settings.STREAMER_STOP_GRACE_SECONDS = 0.1
    request_id = submit("zoo_swallow")
    aside = Aside(claim()).until_it_reports()
    watchdog.leave()
    row = aside.wait()
    assert row.status == Status.RETRYING and (row.errors_count, row.lost_count) == (0, 0)
    assert row.available_at <= timezone.now()
    assert log_of(request_id)[-1].data["error"]["code"] == "SERVICE_UNAVAILABLE"


def test_what_ends_inside_the_grace_of_a_leaving_worker_ends_as_ever() -> None:
    submit("zoo_count", updates=5)
    watchdog.leave()
    assert run_next().status == Status.COMPLETED


# --- the process -----------------------------------------------------------------------------------------------------


def test_the_parent_watches_from_the_start_of_the_run_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    armed: list[float] = []
    monkeypatch.setattr(watchdog, "arm", armed.append)
    monkeypatch.setattr(watchdog, "disarm", lambda: armed.append(0))
    submit("zoo_crash")
    run_next()
    assert armed[0] > 840 and set(armed[1:]) == {0}


def test_no_thread_is_left_behind() -> None:
    for action in ("zoo_count", "zoo_crash", "zoo_exit"):
        submit(action)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(run_quietly).result(20)
        left = [thread for thread in threading.enumerate() if thread.name == "reporter"]
        assert left == [], f"after {action}"


def run_quietly() -> None:
    with suppress(SystemExit):
        run_next()
    connections.close_all()


def test_an_outcome_waits_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [OperationalError("away")]

    def flaky(*arguments: Any, **named: Any) -> Any:
        if faults:
            raise faults.pop()
        return append(*arguments, **named)

    monkeypatch.setattr(settling, "append", flaky)
    request_id = submit("zoo_file")
    assert run_next().status == Status.COMPLETED
    assert types_of(request_id) == ["started", "complete"] and Artifact.objects.count() == 1


def test_the_builders_would_notice_an_ended_process() -> None:
    with pytest.raises(AssertionError, match="ended"):
        end: Callable[[], None] = never
        end()


def test_a_cancel_that_comes_while_the_request_is_given_back_is_heeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request_id = submit("zoo_retryable")
    claimed, settle = claim(), Runner._settle

    def late(self: Runner, outcome: Any) -> None:
        request_cancel(request_id)
        settle(self, outcome)

    monkeypatch.setattr(Runner, "_settle", late)
    Runner(claimed, end_process=never).run()
    assert row_of(request_id).status == Status.CANCELLED
    assert types_of(request_id) == ["started", "cancelled"]

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.execution import runner, watchdog
from jobs.execution.endings import outcomes
from jobs.execution.runner import Runner
from jobs.models import Status
from jobs.queue.claims import Claim
from tests.handlers.zoo import Late, Silent
from tests.jobs.building import change, claim, final_of, never, row_of, run_next, submit, types_of
from tests.jobs.execution.runner.in_thread import Aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("quick_beats")
def test_a_silent_handler_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TIMEOUT_GRACE_SECONDS", 0.1)
    monkeypatch.setattr(Silent, "silence_seconds", None)
    request_id = submit("zoo_silent")
    aside = Aside(claim()).until_it_reports()  # one that has not begun would be asked to stop, and would
    monkeypatch.setattr(Silent, "silence_seconds", 0.3)
    assert aside.wait().status == Status.FAILED and aside.ended.is_set()
    error = final_of(request_id)["error"]
    assert error["code"] == "TIMEOUT" and error["details"] == {"seconds": 0.3, "reason": "silence"}


@pytest.mark.usefixtures("quick_beats")
def test_a_handler_that_gives_signs_of_life_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Late, "timeout_seconds", 3.0)
    monkeypatch.setattr(Late, "silence_seconds", 1.5)
    request_id = submit("zoo_late")
    Aside(claim()).wait()
    assert final_of(request_id)["error"]["details"]["reason"] == "attempt"


@pytest.mark.usefixtures("quick_beats")
def test_the_time_of_all_attempts_ends_the_one_that_runs() -> None:
    request_id = submit("zoo_too_long")
    assert Aside(claim()).wait().status == Status.FAILED
    assert final_of(request_id)["error"]["details"] == {"seconds": 0.3, "reason": "request"}


def test_an_attempt_that_starts_after_all_time_is_over_runs_nothing() -> None:
    request_id = submit("zoo_too_long")
    change(request_id, started_at=timezone.now() - timedelta(seconds=5))
    assert run_next().status == Status.FAILED
    assert types_of(request_id) == ["started", "error"]
    assert final_of(request_id)["error"]["details"]["reason"] == "request"


@pytest.mark.parametrize(("ago", "status"), [(400, Status.RETRYING), (550, Status.FAILED)])
def test_no_attempt_follows_that_would_have_no_time(
    monkeypatch: pytest.MonkeyPatch, ago: float, status: Status
) -> None:
    monkeypatch.setattr(outcomes.random, "uniform", lambda low, high: 100.0)
    claimed = claim_after(submit("zoo_too_often"), ago)
    Runner(claimed, end_process=never).run()
    row = row_of(claimed.request_id)
    assert row.status == status and row.error is not None and row.error["message"] == "Not yet"


def claim_after(request_id: UUID, seconds: float) -> Claim:
    """Claim another attempt of a request that first started ``seconds`` ago."""
    change(request_id, started_at=timezone.now() - timedelta(seconds=seconds))
    return claim()


def test_the_parent_waits_no_longer_than_all_attempts_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    armed: list[float] = []
    monkeypatch.setattr(watchdog, "arm", armed.append)
    Runner(claim_after(submit("zoo_too_often"), 590), end_process=never).run()
    assert armed[0] <= 10 + runner.TIMEOUT_GRACE_SECONDS + 30

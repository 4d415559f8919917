"""Runs of the test kit that are stopped, lost or tried again."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from jobs.handler import (
    AttemptLost,
    Cancelled,
    Context,
    NoPayload,
    TimedOut,
)
from jobs.testing import run_handler
from tests.handlers.zoo import (
    AlwaysRetryable,
    ComeBackLater,
    Count,
    GoesOn,
    Late,
    Library,
    SecondTime,
    Silent,
    Swallow,
    TooLong,
    TooOften,
)


@pytest.mark.parametrize("after", [0, 1, 30])
def test_a_cancel_comes_after_so_many_reports(after: int) -> None:
    run = run_handler(Count, {"updates": 100}, cancel_after=after)
    assert run.status == "cancelled" and isinstance(run.exception, Cancelled) and len(run.progress) == after
    assert (run.result, run.error) == (None, None)
    assert run.messages[-1]["mode"] == "cooperative" and run.messages[-1]["final"]


def test_a_cancel_comes_when_a_function_says_so() -> None:
    run = run_handler(Count, {"updates": 100}, cancel_after=lambda context: len(context.progress) == 7)
    assert run.status == "cancelled" and len(run.progress) == 7


def test_a_cancel_after_the_end_is_none() -> None:
    assert run_handler(Count, {"updates": 3}, cancel_after=3).status == "completed"


def test_a_stop_stays_until_the_handler_ends() -> None:
    run = run_handler(Swallow, {}, cancel_after=2)
    assert run.status == "cancelled" and len(run.progress) == 2


def test_a_timeout_is_that_of_the_handler() -> None:
    run = run_handler(Late, {}, time_out_after=1)
    assert isinstance(run.exception, TimedOut) and run.status == "failed" and run.error is not None
    assert run.error["code"] == "TIMEOUT" and run.error["details"] == {"reason": "attempt", "seconds": 0.5}


@pytest.mark.parametrize(("handler", "reason"), [(Late, "attempt"), (TooLong, "request")])
def test_the_limits_of_the_handler_hold_without_an_order(handler: Any, reason: str) -> None:
    run = run_handler(handler, {})
    assert run.error is not None and run.error["details"]["reason"] == reason


def test_a_silent_handler_times_out_when_it_speaks_again() -> None:
    class Pausing(Silent):
        action = "zoo_pausing"
        payload_model = NoPayload

        def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
            context.report(50, "The last word")
            time.sleep(0.4)
            context.check()
            return {}

    run = run_handler(Pausing, {})
    assert run.error is not None and run.error["details"] == {"reason": "silence", "seconds": 0.3}


def test_a_lost_attempt_has_no_outcome() -> None:
    run = run_handler(Count, {"updates": 100}, lose_after=5)
    assert isinstance(run.exception, AttemptLost) and run.status == "processing"
    assert (run.result, run.error) == (None, None) and not run.messages[-1].get("final")


def test_retries_follow_the_policy() -> None:
    assert run_handler(AlwaysRetryable, {}).status == "retrying"
    assert run_handler(AlwaysRetryable, {}, attempt=3).status == "failed"
    run = run_handler(AlwaysRetryable, {}, max_attempts=10)
    assert (run.status, run.attempt, [one.status for one in run.earlier]) == ("failed", 3, ["retrying"] * 2)
    assert run.error is not None and run.error["message"] == "Not today (attempt 3)"
    assert run_handler(AlwaysRetryable, {}, max_attempts=2).attempt == 2


def test_a_later_attempt_may_succeed_and_goes_on_from_the_last_checkpoint() -> None:
    assert run_handler(SecondTime, {}, max_attempts=3).result == {"attempt": 2}
    run = run_handler(GoesOn, {}, max_attempts=3)
    assert run.result == {"begun_with": [False, True, True]}
    first, second = run.earlier
    assert first.request_id == second.request_id == run.request_id
    assert second.resume_state == {"begun_with": [False, True]}
    assert first.checkpoints == ({"begun_with": "overwritten at once"}, {"begun_with": [False]})
    alone = run_handler(GoesOn, {}, attempt=2, resume_state=first.resume_state)
    assert alone.checkpoints == second.checkpoints


def test_no_checkpoint_leaves_the_resume_state_as_it_was() -> None:
    assert run_handler(AlwaysRetryable, {}, resume_state={"rows": 1}).resume_state == {"rows": 1}


def test_a_pause_and_an_error_of_a_library_are_retried() -> None:
    later = run_handler(ComeBackLater, {})
    assert later.status == "retrying" and later.error is not None and later.error["retry_after"] == 120
    assert run_handler(Library, {}).status == "retrying"
    assert run_handler(TooOften, {}, attempt=99).status == "retrying"

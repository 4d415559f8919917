import pytest

from jobs.errors import ErrorCode, error_body
from realtime.limits import full_queues
from realtime.limits.full_queues import REMEMBERED_SECONDS, FullQueues

ERROR = error_body(ErrorCode.RATE_LIMITED, "You have 100 requests waiting")
ALICE, BOB = ("acme", "alice"), ("acme", "bob")


def test_a_refusal_is_remembered_for_a_moment_and_for_that_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0
    monkeypatch.setattr(full_queues.time, "monotonic", lambda: now)
    queues = FullQueues()
    assert queues.error_of(ALICE) is None
    queues.note(ALICE, ERROR)
    assert queues.error_of(ALICE) == ERROR and queues.error_of(BOB) is None
    now += REMEMBERED_SECONDS
    assert queues.error_of(ALICE) is None and not queues._errors


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_queues, "_MAX_REMEMBERED", 10)
    queues = FullQueues()
    for number in range(30):
        queues.note(("acme", f"user-{number}"), ERROR)
    assert len(queues._errors) == 10 and queues.error_of(("acme", "user-29")) == ERROR

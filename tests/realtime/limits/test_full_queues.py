import pytest

from jobs.errors import ErrorCode, error_body
from realtime.limits import full_queues
from realtime.limits.full_queues import REMEMBERED_SECONDS, FullQueues

ERROR = error_body(ErrorCode.RATE_LIMITED, "You have 100 requests waiting", retry_after=5.0)
ALICE, BOB = ("acme", "alice"), ("acme", "bob")


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 10.0
        monkeypatch.setattr(full_queues.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_refusal_is_remembered_for_a_moment_and_for_that_user_alone(clock: Clock) -> None:
    queues = FullQueues()
    assert queues.error_of(ALICE) is None
    queues.note(ALICE, ERROR)
    assert queues.error_of(ALICE) == ERROR and queues.error_of(BOB) is None


def test_who_comes_back_too_soon_is_looked_up_with_one_request_at_a_time(clock: Clock) -> None:
    queues = FullQueues()
    queues.note(ALICE, ERROR)
    for _ in range(3):
        clock.now += REMEMBERED_SECONDS
        assert [queues.error_of(ALICE) for _ in range(90)] == [None] + [ERROR] * 89


def test_all_are_looked_up_after_the_time_that_the_error_told(clock: Clock) -> None:
    queues = FullQueues()
    queues.note(ALICE, ERROR)
    clock.now += ERROR["retry_after"]
    assert [queues.error_of(ALICE) for _ in range(90)] == [None] * 90 and not queues._full


def test_all_are_looked_up_once_there_is_room(clock: Clock) -> None:
    queues = FullQueues()
    queues.note(ALICE, ERROR)
    queues.forget(ALICE)
    queues.forget(BOB)
    assert [queues.error_of(ALICE) for _ in range(90)] == [None] * 90


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_queues, "_MAX_REMEMBERED", 10)
    queues = FullQueues()
    for number in range(30):
        queues.note(("acme", f"user-{number}"), ERROR)
    assert len(queues._full) == 10 and queues.error_of(("acme", "user-29")) == ERROR

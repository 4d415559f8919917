import pytest

from jobs.errors import MAX_FAULTS, Fault, error_body
from jobs.handler import (
    AttemptLost,
    Cancelled,
    ErrorCode,
    HandlerError,
    InvalidPayload,
    Permanent,
    Retryable,
    Stop,
    TimedOut,
)


def test_it_works() -> None:
    body = Retryable("Too busy", details={"waiting": 3}, retry_after_seconds=1.23456).body()
    assert body == {
        "code": "PROCESSING_FAILED",
        "message": "Too busy",
        "retryable": True,
        "details": {"waiting": 3},
        "retry_after": 1.235,
    }


def test_what_is_not_there_is_not_said() -> None:
    assert Permanent("No").body() == {"code": "PROCESSING_FAILED", "message": "No", "retryable": False}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_says_whether_trying_again_can_help(code: ErrorCode) -> None:
    body = error_body(code, "text")
    assert body["code"] == code.value and body["retryable"] is code.retryable
    assert error_body(code, "text", retryable=not code.retryable)["retryable"] is not code.retryable


def test_the_answer_to_very_many_long_faults_stays_short() -> None:
    fault: Fault = {"path": "a" * 100_000, "message": "b" * 100_000, "type": "c"}
    error = InvalidPayload([fault] * (MAX_FAULTS + 1))
    assert len(error.faults) == MAX_FAULTS and error.message.endswith(f" (and {MAX_FAULTS} more)")
    assert all(len(item["path"]) + len(item["message"]) < 2_100 for item in error.faults)


@pytest.mark.parametrize("stop", [Stop, Cancelled, TimedOut, AttemptLost])
def test_a_broad_except_does_not_swallow_an_order_to_stop(stop: type[Stop]) -> None:
    assert not issubclass(stop, Exception)
    assert issubclass(HandlerError, Exception)

from uuid import UUID

import pytest
from django.utils import timezone

from jobs.execution.endings import outcomes
from jobs.models import AsyncRequest, Status
from tests.jobs.building import change, final_of, log_of, row_of, run_next, submit, types_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
SECRET = "a secret of the inside"


def test_it_works() -> None:
    submit("zoo_count", updates=100)
    row = run_next()
    assert (row.status, row.percentage, row.result) == (Status.COMPLETED, 100, {"updates": 100})
    types = types_of(row.id)
    assert types[0] == "started" and types[-1] == "complete" and set(types[1:-1]) == {"progress"}
    assert len(types) <= 2 + 21
    # Whoever reads the row is told what followers were told last.
    assert log_of(row.id)[-2].data["message"] == row.message == "100 of 100"


# --- how each ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("zoo_permanent", Status.FAILED, "PROCESSING_FAILED"),
        ("zoo_crash", Status.FAILED, "INTERNAL_ERROR"),
        ("zoo_no_json", Status.FAILED, "INTERNAL_ERROR"),
        ("zoo_exit", Status.FAILED, "INTERNAL_ERROR"),
        ("zoo_odd_error", Status.FAILED, "PROCESSING_FAILED"),
        ("zoo_odd_result", Status.COMPLETED, None),
        ("zoo_big_result", Status.COMPLETED, None),
        ("zoo_file", Status.COMPLETED, None),
        ("zoo_partial", Status.COMPLETED, None),
        ("echo_async", Status.COMPLETED, None),
    ],
)
def test_each_ends_with_its_status_and_exactly_one_final_event(action: str, status: Status, code: str | None) -> None:
    request_id = submit(action)
    assert run_next().status == status
    assert final_of(request_id).get("error", {}).get("code") == code
    assert (row_of(request_id).error or {}).get("code") == code


def test_a_text_meant_for_people_passes_with_its_details() -> None:
    submit("zoo_permanent")
    row = run_next()
    error = final_of(row.id)["error"]
    assert error["message"] == "The file has no rows" and error["details"] == {"rows": 0}
    assert error["retryable"] is False and row.error == error and row.errors_count == 1


@pytest.mark.parametrize("action", ["zoo_crash", "zoo_exit"])
def test_a_text_of_the_inside_stays_inside(action: str, caplog: pytest.LogCaptureFixture) -> None:
    submit(action)
    row = run_next()
    error = final_of(row.id)["error"]
    seen = f"{row.error} {row.message} {[event.message() for event in log_of(row.id)]}"
    assert SECRET not in seen and "KeyError" not in seen and "Traceback" not in seen
    assert error["details"]["correlation_id"] in error["message"]
    logged = next(record for record in caplog.records if getattr(record, "correlation_id", None))
    assert logged.correlation_id == error["details"]["correlation_id"] and SECRET in caplog.text  # type: ignore[attr-defined]


def test_results_that_json_has_no_word_for_are_said_in_another() -> None:
    submit("zoo_odd_result")
    row = run_next()
    assert row.result == {"nan": None, "nul": "ab", "infinity": None} == final_of(row.id)["result"]


@pytest.mark.parametrize("text", [r"nul \x00 in it", r"caf\udce9"])
def test_texts_that_cannot_be_stored_as_they_are_do_not_end_the_run(text: str) -> None:
    submit("zoo_odd_texts", texts=["ordinary", text, text])
    row = run_next()
    assert row.status == Status.COMPLETED and "\x00" not in row.message


def test_progress_and_interim_results_keep_their_order() -> None:
    request_id = submit("zoo_partial")
    run_next()
    said = [event.data.get("message", event.data.get("data")) for event in log_of(request_id)[1:-1]]
    assert [item for item in said if isinstance(item, dict)] == [{"number": n} for n in (1, 2, 3)]
    assert [said[said.index({"number": n}) - 1] for n in (1, 2, 3)] == [f"just before {n}" for n in (1, 2, 3)]


def test_an_action_that_no_handler_does_any_more_fails() -> None:
    request_id = submit("zoo_gone")
    assert run_next().status == Status.FAILED
    assert final_of(request_id)["error"]["code"] == "INVALID_ACTION"


def test_a_payload_that_does_not_fit_any_more_fails() -> None:
    request_id = submit("zoo_count", updates="many", gone=True)
    run_next()
    error = final_of(request_id)["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert {fault["path"] for fault in error["details"]["faults"]} == {"updates", "gone"}


# --- again -----------------------------------------------------------------------------------------------------------


def run_again(request_id: UUID) -> AsyncRequest:
    """The next attempt, without the pause before it."""
    change(request_id, available_at=timezone.now())
    return run_next()


def test_an_attempt_that_may_work_later_is_repeated_until_the_policy_ends() -> None:
    request_id = submit("zoo_retryable")
    rows = [run_next(), run_again(request_id), run_again(request_id)]
    assert [row.status for row in rows] == ["retrying", "retrying", "failed"]
    assert [row.errors_count for row in rows] == [1, 2, 3]
    assert types_of(request_id) == ["started", "retrying", "started", "retrying", "started", "error"]
    assert final_of(request_id)["error"]["message"] == "Not today (attempt 3)"
    assert [event.data["attempt"] for event in log_of(request_id)] == [1, 1, 2, 2, 3, 3]


def test_the_pause_lies_inside_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    spans: list[tuple[float, float]] = []

    class LongestPause:
        @staticmethod
        def uniform(low: float, high: float) -> float:
            spans.append((low, high))
            return high

    monkeypatch.setattr(outcomes, "random", LongestPause)
    request_id = submit("zoo_retryable")
    for attempt in (1, 2):
        row = run_again(request_id)
        last = log_of(request_id)[-1]
        assert last.data["retry_at"] - last.created_at.timestamp() <= 0.01 * attempt
        assert row.available_at.timestamp() == pytest.approx(last.data["retry_at"])
    assert spans == [(0, 0.01), (0, 0.02)]


def test_a_handler_may_name_the_pause_itself() -> None:
    request_id = submit("zoo_come_back_later")
    row = run_next()
    assert row.status == Status.RETRYING
    last = log_of(request_id)[-1]
    assert last.data["retry_at"] - last.created_at.timestamp() == pytest.approx(120, abs=5)
    assert last.data["error"]["retry_after"] == 120


def test_an_attempt_that_failed_once_may_succeed() -> None:
    request_id = submit("zoo_second_time")
    run_next()
    row = run_again(request_id)
    assert (row.status, row.result, row.error) == (Status.COMPLETED, {"attempt": 2}, None)


def test_an_error_of_a_library_is_repeated_but_its_text_stays_inside() -> None:
    request_id = submit("zoo_library")
    assert [run_next().status, run_again(request_id).status] == ["retrying", "failed"]
    assert SECRET not in str([event.message() for event in log_of(request_id)])
    assert final_of(request_id)["error"]["code"] == "INTERNAL_ERROR"

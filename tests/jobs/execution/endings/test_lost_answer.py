"""The database may store something, and fail before it says so. The second try must change nothing."""

from typing import Any

import pytest
from django.db import OperationalError

from jobs.execution import reporter
from jobs.execution.endings import settling
from jobs.log.events import append
from jobs.models import Status
from tests.jobs.building import Started, final_of, log_of, row_of, run_next, submit, types_of
from tests.jobs.execution.test_reporter import finish
from tests.local.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def test_an_ending_whose_answer_was_lost_begins_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, lost = settling.append, [OperationalError("the answer was lost")]

    def store(*arguments: Any, **options: Any) -> Any:
        appended = real(*arguments, **options)
        if lost:
            raise lost.pop()
        return appended

    monkeypatch.setattr(settling, "append", store)
    monkeypatch.setattr(settling, "_PAUSE_SECONDS", 0.0)
    request_id = submit("zoo_receipts", end="fail")
    row = run_next()
    assert not lost
    assert (row.status, row.errors_count) == (Status.FAILED, 1)
    assert types_of(request_id) == ["started", "progress", "error"]
    assert final_of(request_id)["receipt"]["steps"] == 3


# --- reports ---------------------------------------------------------------------------------------------------------


def lose_answers(monkeypatch: pytest.MonkeyPatch, count: int) -> list[int]:
    """Let the first ``count`` writes be stored and then fail. Return a list that empties as they do."""
    lost = list(range(count))

    def store(*arguments: Any, **named: Any) -> Any:
        appended = append(*arguments, **named)
        if lost:
            lost.pop()
            raise OperationalError("the answer was lost")
        return appended

    monkeypatch.setattr(reporter, "append", store)
    return lost


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_stored_without_an_answer_is_not_stored_twice(
    count: int, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "_DATABASE_PAUSE_SECONDS", 0.0)
    claimed, working = started
    lost = lose_answers(monkeypatch, count)
    for number in range(count + 1):
        working.partial({"number": number})
        eventually(lambda number=number: len(lost) <= max(0, count - 1 - number), "a write is stored")
    eventually(lambda: row_of(claimed.request_id).last_seq == count + 2, "the last one is written")
    finish(claimed, working)
    said = [event.data["data"]["number"] for event in log_of(claimed.request_id)[1:]]
    assert said == list(range(count + 1))


def test_the_last_report_is_stored_once_when_its_answer_is_lost(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, working = started
    lost = lose_answers(monkeypatch, 1)
    working.report(10, "only once", {})
    eventually(lambda: not lost, "the write is stored")
    assert [item["message"] for item in finish(claimed, working)] == ["only once"]

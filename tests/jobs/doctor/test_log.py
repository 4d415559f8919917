"""Illnesses of the log."""

import pytest

from jobs.models import RequestEvent, Status
from tests.jobs.building import change, claim, submit
from tests.jobs.doctor.illness import completed, found, ill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


def test_a_hole_in_the_numbers() -> None:
    request_id = completed(updates=3)
    RequestEvent.objects.filter(request_id=request_id, seq=2).delete()
    assert found("log-numbers") == (str(request_id),)


def test_a_last_number_that_no_event_has() -> None:
    request_id = submit()
    claim()
    change(request_id, last_seq=2)
    assert found("log-numbers") == (str(request_id),)


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_a_final_event_that_does_not_fit_the_status(status: Status) -> None:
    request_id = completed()
    change(request_id, status=status)
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_before_the_last() -> None:
    request_id = completed()
    final = RequestEvent.objects.get(request_id=request_id, type="complete")
    RequestEvent.objects.create(request_id=request_id, seq=final.seq + 1, type="complete", data=final.data, attempt=1)
    change(request_id, last_seq=final.seq + 1)
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_that_does_not_say_so() -> None:
    request_id = completed()
    RequestEvent.objects.filter(request_id=request_id, type="complete").update(data={"success": True})
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_of_a_request_that_goes_on() -> None:
    request_id = completed()
    change(request_id, status=Status.RETRYING, finished_at=None)
    assert found("log-early-endings") == (str(request_id),)


def test_an_attempt_that_goes_back() -> None:
    request_id = completed()
    change(request_id, attempt=2)
    RequestEvent.objects.filter(request_id=request_id, seq=1).update(attempt=2)
    assert found("log-attempts") == (str(request_id),)


def test_an_attempt_that_the_row_does_not_know() -> None:
    request_id = completed()
    change(request_id, attempt=0)
    assert found("log-attempts") == (str(request_id),)


def test_no_more_than_five_are_named() -> None:
    for _ in range(7):
        change(completed(updates=1), last_seq=100)
    assert ill()["log-numbers"].found.count == 7
    assert len(ill()["log-numbers"].found.examples) == 5

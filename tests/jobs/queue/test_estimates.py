from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.models import Status
from jobs.queue import estimates
from jobs.queue.estimates import learned_seconds, remaining_seconds
from jobs.requests.submission import Accepted, submit_many
from tests.jobs.building import change, make_submission, row_of, run_next, store, submit

pytestmark = pytest.mark.django_db(transaction=True)


def ran(seconds: float, *, ago: float = 0.0, action: str = "zoo_count", **columns: Any) -> UUID:
    """Store a completed request, with the seconds of its last attempt and since its end."""
    request_id = store(make_submission(action, user=f"user {seconds} {ago}"))
    end = timezone.now() - timedelta(seconds=ago)
    start = end - timedelta(seconds=seconds)
    change(request_id, **{"status": Status.COMPLETED, "attempt_started_at": start, "finished_at": end, **columns})
    return request_id


def look() -> float | None:
    """Return the duration learned from the present history."""
    estimates.forget()
    return learned_seconds("zoo_count")


def test_it_works() -> None:
    for seconds in (1, 2, 30, 4, 5):
        ran(seconds)
    assert look() == pytest.approx(4)
    estimates.forget()
    (outcome,) = submit_many([make_submission("zoo_count", estimated_seconds=6.0)])
    assert isinstance(outcome, Accepted) and outcome.estimated_seconds == pytest.approx(4)
    assert row_of(outcome.request_id).estimated_seconds == pytest.approx(4)


def test_few_runs_teach_nothing() -> None:
    for _ in range(4):
        ran(60)
    assert look() is None
    (outcome,) = submit_many([make_submission("zoo_count", estimated_seconds=6.0)])
    assert isinstance(outcome, Accepted) and outcome.estimated_seconds == 6


def test_only_the_last_fifty_count() -> None:
    for number in range(50):
        ran(2, ago=number)
    for number in range(60):
        ran(500, ago=1_000 + number)
    assert look() == pytest.approx(2)


def test_only_completed_runs_of_the_same_action_count() -> None:
    for number in range(5):
        ran(3, ago=number)
        ran(100, ago=number, action="zoo_partial")
        ran(200, ago=number, status=Status.FAILED)
        ran(300, ago=number, status=Status.CANCELLED)
    assert look() == pytest.approx(3)


def test_a_run_counts_by_its_last_attempt() -> None:
    for number in range(5):
        ran(3, started_at=timezone.now() - timedelta(hours=number + 1))
    assert look() == pytest.approx(3)


def test_it_looks_once_in_half_a_minute(django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with django_assert_num_queries(1):
        assert [learned_seconds("zoo_count") for _ in range(3)] == [None] * 3
    monkeypatch.setattr(estimates, "_known", {"zoo_count": (0.0, 99.0)})
    with django_assert_num_queries(1):
        assert learned_seconds("zoo_count") is None


def test_it_learns_from_real_runs() -> None:
    for _ in range(5):
        submit("zoo_count", updates=1)
        run_next()
    learned = look()
    assert learned is not None and 0 < learned < 5


def test_runs_of_other_payloads_are_no_estimate_where_the_handler_asks_the_payload() -> None:
    """Five delays of a moment would have let one of 45 s seem to be over at once."""
    for number in range(5):
        ran(0.1, ago=number, action="delay")
    (outcome,) = submit_many([make_submission("delay", payload={"seconds": 45}, estimated_seconds=45.0)])
    assert isinstance(outcome, Accepted) and outcome.estimated_seconds == 45


@pytest.mark.parametrize(
    ("elapsed", "percentage", "left"),
    [
        (0, 0, 40),
        (10, 0, 30),
        (40, 0, 0),
        (50, 0, 10),  # it is late by 10 s
        (10, 25, 30),  # as expected
        (20, 25, 0.25 * 60 + 0.75 * 20),  # slower
        (10, 50, 0.5 * 10 + 0.5 * 30),  # quicker
        (90, 90, 0.9 * 10 + 0.1 * 50),
        (60, 100, 0),
    ],
)
def test_what_is_left_of_a_run_is_told_by_its_estimate_first_and_by_its_own_pace_later(
    elapsed: float, percentage: float, left: float
) -> None:
    assert remaining_seconds(40.0, elapsed=elapsed, percentage=percentage) == pytest.approx(left)

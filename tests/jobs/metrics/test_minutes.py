"""The ends of requests, counted from their rows: each one once, whoever counts them when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.metrics import minutes
from jobs.metrics.buckets import BOUNDS, empty, percentile, put
from jobs.metrics.minutes import MINUTE, Sums, delete_old_minutes, outcomes_since, settle_minutes
from jobs.models import AsyncRequest, RequestMinute, Status

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


def ended(
    after_seconds: float, status: Status = Status.COMPLETED, action: str = "zoo_count", **fields: Any
) -> AsyncRequest:
    """Make a request that ended so long after noon. It had waited for 2 s and run for 3 s."""
    end = NOON + timedelta(seconds=after_seconds)
    times = {"created_at": end - timedelta(seconds=5), "started_at": end - timedelta(seconds=3), "finished_at": end}
    owner = {"tenant_id": "acme", "user_id": "alice", "queue": "default"}
    return AsyncRequest.objects.create(action=action, status=status, **owner, **{**times, **fields})


def counts(found: dict[minutes.Outcome, Sums]) -> dict[minutes.Outcome, int]:
    return {outcome: sums.count for outcome, sums in found.items()}


def test_it_works() -> None:
    ended(1)
    ended(2, Status.FAILED, error={"code": "TIMEOUT"}, errors_count=3, lost_count=1)
    ended(61, action="echo_async", errors_count=1)
    expected = {
        ("zoo_count", "completed", ""): 1,
        ("zoo_count", "failed", "TIMEOUT"): 1,
        ("echo_async", "completed", ""): 1,
    }
    assert counts(outcomes_since(None, NOON + MINUTE * 2)) == expected
    assert settle_minutes(NOON + MINUTE * 3) == 3 and settle_minutes(NOON + MINUTE * 3) == 0
    found = outcomes_since(None, NOON + MINUTE * 3)
    assert counts(found) == expected
    failed = found[("zoo_count", "failed", "TIMEOUT")]
    assert (failed.retries, failed.lost) == (2, 1)
    assert found[("echo_async", "completed", "")].retries == 1
    assert failed.waited[BOUNDS.index(2.5)] == 1 and failed.waited[-1] == pytest.approx(2)
    assert failed.ran[BOUNDS.index(5.0)] == 1 and failed.ran[-1] == pytest.approx(3)


def test_a_minute_is_added_up_once_it_is_surely_over() -> None:
    ended(59.9)
    assert settle_minutes(NOON + timedelta(seconds=70)) == 0
    assert settle_minutes(NOON + timedelta(seconds=75)) == 1


def test_parts_of_a_bulk_are_not_counted() -> None:
    parent = ended(1)
    ended(1, parent=parent)
    assert settle_minutes(NOON + MINUTE * 2) == 1


def test_one_that_never_started_has_no_times() -> None:
    ended(1, Status.CANCELLED, started_at=None)
    (sums,) = outcomes_since(None, NOON + MINUTE).values()
    assert (sums.count, sums.waited, sums.ran) == (1, empty(), empty())


def test_the_second_of_two_sweepers_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ended(1)
    until = minutes._settled_until
    monkeypatch.setattr(minutes, "_settled_until", lambda: None)
    assert settle_minutes(NOON + MINUTE * 2) == 1 and settle_minutes(NOON + MINUTE * 2) == 0
    monkeypatch.setattr(minutes, "_settled_until", until)
    assert counts(outcomes_since(None, NOON + MINUTE * 2)) == {("zoo_count", "completed", ""): 1}


def test_the_sums_are_one_row_of_an_outcome() -> None:
    row = RequestMinute(action="a", status="completed", count=1, retries=0, lost=0, waited=empty(), ran=empty())
    RequestMinute.objects.bulk_create([row])
    with pytest.raises(IntegrityError):
        RequestMinute.objects.bulk_create([row])


def test_old_minutes_go_and_the_sums_stay(settings: Settings) -> None:
    settings.STREAMER_METRICS_DAYS = 1
    ended(1)
    settle_minutes(NOON + MINUTE * 2)
    ended(3_600 * 23)
    settle_minutes(NOON + timedelta(hours=23, minutes=5))
    assert delete_old_minutes(NOON + timedelta(hours=24, minutes=2)) == 1
    later = NOON + timedelta(hours=24, minutes=2)
    assert counts(outcomes_since(None, later)) == {("zoo_count", "completed", ""): 2}
    assert counts(outcomes_since(NOON + timedelta(hours=1), later)) == {("zoo_count", "completed", ""): 1}


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    ends=st.lists(st.tuples(st.floats(0, 600), st.sampled_from(["a", "b"])), max_size=30),
    sweeps=st.lists(st.floats(0, 900), max_size=6).map(sorted),
)
def test_every_request_is_counted_once_at_any_moment(ends: list[tuple[float, str]], sweeps: list[float]) -> None:
    AsyncRequest.objects.all().delete()
    RequestMinute.objects.all().delete()
    expected: dict[minutes.Outcome, int] = {}
    todo = sorted(ends)
    for moment in [*sweeps, 900.0]:
        while todo and todo[0][0] <= moment:
            after, action = todo.pop(0)
            ended(after, action=action)
            outcome = (action, "completed", "")
            expected[outcome] = expected.get(outcome, 0) + 1
        settle_minutes(NOON + timedelta(seconds=moment))
        assert counts(outcomes_since(None, NOON + timedelta(seconds=moment))) == expected


@given(st.lists(st.floats(0, 20_000), min_size=1), st.sampled_from([50, 95, 99]))
def test_a_percentile_is_in_the_bucket_of_the_true_one(durations: list[float], percent: int) -> None:
    buckets = empty()
    for seconds in durations:
        put(buckets, seconds)
    found = percentile(buckets, percent)
    true = sorted(durations)[max(0, -(-len(durations) * percent // 100) - 1)]
    low = max((bound for bound in BOUNDS if bound < true), default=0.0)
    high = min((bound for bound in BOUNDS if bound >= true), default=BOUNDS[-1])
    assert found is not None and low <= found <= high + 1e-9


def test_nothing_has_no_percentile() -> None:
    assert percentile(empty(), 50) is None

"""The minutes of the whole service: lag as it was seen, submissions and ends as the rows have them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from jobs.metrics.history import SPANS, forget, history
from jobs.metrics.minutes import MINUTE, settle_minutes
from jobs.metrics.service import ServiceMinutes, delete_old_service_minutes, last_minute
from jobs.models import ServiceMinute, Status
from tests.jobs.admin.pages import make_request
from tests.jobs.metrics.test_minutes import NOON, ended

pytestmark = pytest.mark.django_db


def settle(minutes: ServiceMinutes, after_minutes: float) -> int:
    now = NOON + MINUTE * after_minutes
    settle_minutes(now)
    return minutes.settle(now)


def rows() -> list[ServiceMinute]:
    return list(ServiceMinute.objects.filter(minute__gte=NOON).order_by("minute"))


def test_it_works() -> None:
    minutes = ServiceMinutes()
    ended(5)
    ended(10, Status.FAILED, error={"code": "TIMEOUT"})
    ended(70)
    make_request(created_at=NOON + timedelta(seconds=30), available_at=NOON + timedelta(seconds=30))
    for seconds in (1, 31, 50, 53):  # the last look comes too soon
        minutes.look(NOON + timedelta(seconds=seconds))
    settle(minutes, 3)
    first, second = rows()
    assert (first.minute, second.minute) == (NOON, NOON + MINUTE)
    assert (first.submitted, first.completed, first.failed, first.cancelled) == (3, 1, 1, 0)
    assert first.lag_seconds == pytest.approx(20) and second.lag_seconds is None
    assert (second.submitted, second.completed) == (1, 1) and sum(second.ran[:-1]) == 1


def test_a_minute_is_written_once_and_when_it_is_over() -> None:
    one, other = ServiceMinutes(), ServiceMinutes()
    assert settle(one, 1.2) == 59  # the hour before
    assert settle(one, 1.2) == 0
    assert last_minute() == NOON - MINUTE
    assert settle(other, 1.3) == 1 and settle(one, 1.3) == 0 and last_minute() == NOON


def test_a_night_without_a_sweeper_is_filled_an_hour_at_a_time() -> None:
    minutes = ServiceMinutes()
    settle(minutes, 1.3)
    ended(90 * 60)
    assert settle(minutes, 121.3) == 60 and settle(minutes, 121.3) == 60 and settle(minutes, 121.3) == 0
    assert sum(row.completed for row in rows()) == 1


def test_old_minutes_go(settings: Settings) -> None:
    settings.STREAMER_METRICS_DAYS = 1
    settle(ServiceMinutes(), 1.3)
    assert delete_old_service_minutes(NOON + timedelta(days=1)) == 59
    assert [row.minute for row in ServiceMinute.objects.all()] == [NOON]


def test_the_history_sums_up_the_minutes_of_each_step() -> None:
    forget()
    minutes = ServiceMinutes()
    for seconds in (5, 65, 125):
        minutes.look(NOON + timedelta(seconds=seconds))
        ended(seconds)
    settle(minutes, 4)
    now = NOON + MINUTE * 4
    hour, day, month = (history(SPANS[name], now) for name in ("1h", "24h", "30d"))
    assert [len(points) for points in (hour, day, month)] == [60, 96, 90]
    assert [point.completed for point in hour[-4:]] == [1, 1, 1, 0] and hour[-1].minutes == 0
    assert hour[-4].lag_seconds == 0 and hour[-4].ran_p50_seconds is not None and hour[-4].ran_p50_seconds > 2
    assert (day[-1].completed, day[-1].submitted) == (3, 3) and day[-1].begin == NOON
    assert month[-1].begin == datetime(2026, 5, 17, 8, tzinfo=UTC) and month[-1].completed == 3
    assert all(point.completed == 0 for point in month[:-1])


def test_the_history_is_kept_for_a_moment_and_reads_no_request(django_assert_num_queries: Any) -> None:
    forget()
    settle(ServiceMinutes(), 1.3)
    with django_assert_num_queries(1):
        history(SPANS["7d"], NOON)
    with django_assert_num_queries(0):
        history(SPANS["7d"], NOON)

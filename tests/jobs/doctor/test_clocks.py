from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.doctor import clocks
from jobs.doctor.check import Found

pytestmark = pytest.mark.django_db


def look() -> Found:
    (check,) = clocks.CHECKS
    return check.look()


def test_it_works() -> None:
    assert look().count == 0


@pytest.mark.parametrize(("seconds", "count"), [(4, 0), (6, 1), (-4, 0), (-6, 1)])
def test_a_clock_that_is_far_off_is_a_finding(monkeypatch: pytest.MonkeyPatch, seconds: int, count: int) -> None:
    monkeypatch.setattr(clocks, "_time_of_database", lambda: timezone.now() + timedelta(seconds=seconds))
    assert look().count == count


def test_it_says_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_time_of_database", lambda: timezone.now() + timedelta(seconds=60))
    assert look().examples == ("the database's clock is +60.0 s off this host's",)

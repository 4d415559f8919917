"""The lines about the parts of a stack while it runs."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from streamer_site import readiness
from streamer_site.readiness import lines_about, visible, wait_until_complete, watch

PLACES = {"database": "db:5432", "redis": "127.0.0.1:6379"}


class Stack:
    """A stack whose parts are missing as the looks say; the last look ends the test."""

    def __init__(self, *looks: set[str]) -> None:
        self._looks = iter(looks)
        self.env = {"REDIS_URL": "redis://:hunter2@127.0.0.1:6379/0"}

    def missing_parts(self) -> frozenset[str]:
        try:
            return frozenset(next(self._looks))
        except StopIteration:
            raise KeyboardInterrupt from None


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimpleNamespace(at=0.0)

    def sleep(seconds: float) -> None:
        now.at += max(seconds, 15.0)

    monkeypatch.setattr(readiness, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: now.at))


def told_by(work: Any, *looks: set[str]) -> list[str]:
    told: list[str] = []
    with suppress(KeyboardInterrupt):
        work(Stack(*looks), told.append)
    return [line.partition(".")[0] if "127.0.0.1" not in line else line.partition(". ")[0] for line in told]


def test_it_works() -> None:
    assert told_by(wait_until_complete, {"web"}, {"workers"}, {"workers"}, set()) == [
        "No worker is ready",
        "A worker is ready",
    ]


def test_a_start_that_goes_well_says_nothing() -> None:
    assert told_by(wait_until_complete, {"workers", "sweeper"}, set()) == []


def test_an_outage_is_told_with_its_place_and_its_end_and_a_blink_is_not() -> None:
    away = {"redis", "workers", "sweeper"}
    assert told_by(watch, {"workers"}, set(), away, away, away, set(), set()) == [
        "Redis does not answer at 127.0.0.1:6379",
        "Redis is ready",
    ]


def test_what_cannot_be_seen_is_not_told() -> None:
    assert visible(frozenset({"web", "redis"})) == {"web"}
    assert visible(frozenset({"folder", "workers"})) == {"folder", "workers"}


def test_every_part_has_its_words() -> None:
    parts = frozenset(readiness._SUBJECTS)
    assert len(list(lines_about(frozenset(), parts, PLACES))) == len(list(lines_about(parts, frozenset(), PLACES))) == 6

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from jobs.models import Status
from jobs.queue import wakeups
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from jobs.sweeper import loop, outage
from jobs.sweeper.loop import all_rules, sweep_once, sweep_until
from jobs.sweeper.rules import RULES, Rule
from tests.jobs.building import Threads, change, make_submission, row_of, store
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def heartbeats() -> int:
    return len(list(connection().scan_iter(f"{SWEEPER_HEARTBEATS}*")))


def failing(error: Exception) -> Rule:
    def sweep(now: datetime) -> int:
        raise error

    return Rule(name="broken", sweep=sweep)


def test_it_works(settings: Settings) -> None:
    settings.STREAMER_SWEEP_SECONDS = 0.05
    stopped = threading.Event()
    with Threads(lambda: sweep_until(stopped)):
        request_id = store(make_submission(expires_in_seconds=0.1))
        eventually(lambda: row_of(request_id).status == Status.FAILED, "the expired request is moved on")
        eventually(heartbeats, "it shows that it is alive")
        stopped.set()
    assert heartbeats() == 0


def test_it_knows_the_rules_of_both_apps() -> None:
    names = [rule.name for rule in all_rules()]
    assert set(names) > {rule.name for rule in RULES} and "dead connections" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "error", [OperationalError("away"), redis.ConnectionError("away"), OSError("no route"), ValueError("a bug")]
)
def test_a_rule_that_fails_holds_up_no_other(error: Exception) -> None:
    rules = [failing(error), Rule(name="fine", sweep=lambda now: 3)]
    assert sweep_once(rules) == {"fine": 3}


def test_a_dead_redis_does_not_end_it(settings: Settings, redis_away: Callable[[], redis.Redis]) -> None:
    settings.STREAMER_SWEEP_SECONDS = 0.05
    stopped = threading.Event()
    with Threads(lambda: sweep_until(stopped)):
        request_id = store(make_submission(expires_in_seconds=0.1))
        eventually(lambda: row_of(request_id).status == Status.FAILED, "the expired request is moved on")
        stopped.set()


def test_a_redis_that_hangs_is_waited_for_once_in_a_sweep(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question costs seconds, and meanwhile no lost attempt is found."""
    for queue in ("default", "ml", "bulk"):
        request_id = store(make_submission(queue=queue))
        change(request_id, available_at=timezone.now() - timedelta(minutes=1))
    asked: list[str] = []
    stopped = threading.Event()

    def ask() -> redis.Redis:
        asked.append("redis")
        raise redis.TimeoutError("no answer")

    for module in (loop, wakeups):
        monkeypatch.setattr(module, "connection", ask)
    monkeypatch.setattr(loop, "all_rules", lambda: [rule for rule in RULES if not rule.apart])
    now = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda seconds: stopped.set())
    monkeypatch.setattr(loop, "time", now)
    wakeups.breaker.close()
    sweep_until(stopped)
    assert len(asked) - 1 == 1, "the last one is to take the sign of life back"


def test_after_a_database_that_was_away_the_living_may_renew_their_leases_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_SWEEP_SECONDS = 1.0
    clock = SimpleNamespace(seconds=1_000.0)
    applied: list[tuple[str, float]] = []
    stopped = threading.Event()

    def sweep(name: str) -> int:
        if clock.seconds < 1_020:
            raise OperationalError("away")
        applied.append((name, clock.seconds))
        return 0

    def pass_time(seconds: float) -> None:
        clock.seconds += seconds
        if clock.seconds >= 1_060:
            stopped.set()

    rules = [
        Rule(name="prompt", sweep=lambda now: sweep("prompt")),
        Rule(name="judge", sweep=lambda now: sweep("judge"), judges_silence=True),
    ]
    monkeypatch.setattr(loop, "all_rules", lambda: rules)
    now = SimpleNamespace(time=lambda: clock.seconds, monotonic=lambda: clock.seconds, sleep=pass_time)
    monkeypatch.setattr(loop, "time", now)
    sweep_until(stopped)
    first = {name: min(at for one, at in applied if one == name) for name in ("prompt", "judge")}
    assert first == {"prompt": 1_020, "judge": 1_020 + outage.SETTLE_SECONDS}

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import redis
from django.db import OperationalError
from pytest_django import Settings

from jobs.models import Status
from jobs.sweep_rules import RULES, Rule
from jobs.sweeper import all_rules, sweep_once, sweep_until
from jobs.wakeups import SWEEPER_HEARTBEATS, connection
from tests.jobs.building import Threads, make_submission, row_of, store
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

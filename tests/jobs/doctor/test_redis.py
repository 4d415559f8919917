"""Illnesses of Redis."""

from collections.abc import Callable
from typing import Any

import django_rq
import pytest
from rq.registry import FailedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs import doctor
from jobs.doctor import Found, all_checks, examine
from jobs.models import RequestEvent
from jobs.queue.wakeups import RING_ID, SHIFT, connection, ring, waiting_rings
from tests.jobs.doctor.illness import completed, ill, mended

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


def test_more_rings_than_workers() -> None:
    connection().sadd(WORKERS_BY_QUEUE_KEY % "default", *range(8))
    ring(["default"] * 8)
    assert waiting_rings("default") == 8
    assert not ill()
    connection().delete(WORKERS_BY_QUEUE_KEY % "default")
    assert mended("rings") == "rang 1 queue anew, once for each worker"
    assert waiting_rings("default") == 1


def test_shifts_that_died_are_counted_and_no_finding() -> None:
    queue = django_rq.get_queue("default", connection=connection())
    job = queue.enqueue_call(SHIFT, failure_ttl=60, job_id=f"{RING_ID}7")
    FailedJobRegistry(queue=queue).add(job, ttl=60)
    (died,) = (one for one in examine(all_checks()) if one.check.name == "failed-shifts")
    assert died.found == Found(count=1, examples=("default: 1",))
    assert not ill()


def test_without_redis_the_rest_is_examined(monkeypatch: pytest.MonkeyPatch, redis_away: Callable[[], Any]) -> None:
    for module in (doctor.rings, doctor.waiting, doctor.sweeping):
        monkeypatch.setattr(module, "connection", redis_away)
    RequestEvent.objects.filter(request_id=completed(), seq=1).delete()
    findings = ill()
    assert list(findings) == ["log-numbers", "redis"]
    assert findings["redis"].found.examples[0].startswith("at ")

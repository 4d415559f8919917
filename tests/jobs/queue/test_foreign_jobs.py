"""RQ_QUEUES may hold queues of others, and others may put jobs into Streamer's: those are theirs alone."""

from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rq import Queue, Worker
from rq.registry import FailedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.doctor import all_checks, examine
from jobs.execution.shift import work_shift
from jobs.models import AsyncRequest, Status
from jobs.queue.health.probes import probe_services
from jobs.queue.names import own_queues
from jobs.queue.pauses import pause_action, resume_action
from jobs.queue.wakeups import SHIFT, await_ring, connection, remove_rings, ring, waiting_rings
from jobs.sweeper.loop import all_rules, sweep_once
from tests.jobs.building import make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
OURS = ("default", "reports", "ml", "bulk")
FOREIGN = "mail"


@pytest.fixture(autouse=True)
def foreign_queue(settings: Settings) -> None:
    settings.RQ_QUEUES = {FOREIGN: settings.RQ_QUEUES["default"], **settings.RQ_QUEUES}
    settings.STREAMER_LINGER_SECONDS = 0.1


def put_jobs(queue: str, count: int = 12) -> list[str]:
    """Enqueue jobs of somebody else's. Return their ids in order."""
    return [django_rq.get_queue(queue, connection=connection()).enqueue("os.getcwd").id for _ in range(count)]


def jobs_in(queue: str) -> list[str]:
    return [job_id for job_id in Queue(queue, connection=connection()).job_ids if not job_id.startswith("streamer-")]


def exist(job_ids: list[str]) -> bool:
    return connection().exists(*(f"rq:job:{job_id}" for job_id in job_ids)) == len(job_ids)


def test_it_works(settings: Settings) -> None:
    assert own_queues() == OURS
    settings.STREAMER_QUEUES = []
    assert own_queues() == OURS  # handlers name all of them
    settings.STREAMER_QUEUES = [FOREIGN]
    assert own_queues() == (FOREIGN, *OURS)
    settings.STREAMER_QUEUES = ["no such queue"]
    assert own_queues() == OURS


@pytest.mark.parametrize("queue", [FOREIGN, "default"])
def test_the_doctor_neither_counts_nor_deletes_jobs_of_others(queue: str) -> None:
    job_ids = put_jobs(queue)
    ring(["default"])
    ill = [one.check.name for one in examine(all_checks(), fix=True) if one.is_ill]
    assert "rings" not in ill and "forgotten" not in ill
    assert jobs_in(queue) == job_ids and exist(job_ids) and waiting_rings("default") == 1


def test_rings_that_are_too_many_go_and_jobs_of_others_stay() -> None:
    connection().sadd(WORKERS_BY_QUEUE_KEY % "default", *range(8))
    before = put_jobs("default", 3)
    ring(["default"] * 8)
    job_ids = before + put_jobs("default", 3)
    connection().delete(WORKERS_BY_QUEUE_KEY % "default")
    (rings,) = (one for one in examine(all_checks(), fix=True) if one.check.name == "rings")
    assert rings.done and not rings.is_ill
    assert jobs_in("default") == job_ids and exist(job_ids) and waiting_rings("default") == 1
    remove_rings("default")
    assert jobs_in("default") == job_ids and waiting_rings("default") == 0


def test_failed_jobs_of_others_are_no_failed_shifts() -> None:
    queue = django_rq.get_queue("default", connection=connection())
    FailedJobRegistry(queue=queue).add(queue.enqueue_call("os.getcwd", failure_ttl=60), ttl=60)
    (died,) = (one for one in examine(all_checks()) if one.check.name == "failed-shifts")
    assert died.found.count == 0


def test_a_lingering_shift_takes_rings_alone() -> None:
    first, second = put_jobs("default", 2)
    assert not await_ring(["ml", "default"], 5.0)  # at once, so that the worker gets to run what is there
    assert jobs_in("default") == [first, second] and exist([first, second])
    ring(["ml"])
    assert await_ring(["ml", "default"], 5.0)
    work_shift(["ml", "default"], "w")
    assert jobs_in("default") == [first, second] and exist([first, second])


def test_jobs_of_others_keep_nobody_from_being_woken() -> None:
    put_jobs("default")
    ring(["default"])
    assert waiting_rings("default") == 1
    ring(["default"])
    assert waiting_rings("default") == 1
    remove_rings("default")
    store(make_submission("echo_async"))
    AsyncRequest.objects.update(available_at=timezone.now() - timedelta(minutes=1))
    sweep_once(all_rules())
    assert waiting_rings("default") == 1


def test_the_sweeper_leaves_a_foreign_queue_alone() -> None:
    job_ids = put_jobs(FOREIGN)
    store(make_submission("echo_async", queue=FOREIGN))
    AsyncRequest.objects.update(available_at=timezone.now() - timedelta(minutes=1))
    sweep_once(all_rules())
    assert Queue(FOREIGN, connection=connection()).job_ids == job_ids


def test_nobody_rings_in_a_foreign_queue() -> None:
    store(make_submission("echo_async", queue=FOREIGN))
    pause_action("echo_async")
    resume_action("echo_async")
    ring([FOREIGN, "default"])
    assert Queue(FOREIGN, connection=connection()).job_ids == [] and waiting_rings("default") == 1


def test_a_request_in_a_foreign_queue_is_a_finding() -> None:
    request_id = store(make_submission("echo_async", queue=FOREIGN))
    (unknown,) = (one for one in examine(all_checks()) if one.check.name == "unknown-queue")
    assert unknown.found.examples == (str(request_id),)
    assert row_of(request_id).status == Status.PENDING


@pytest.mark.parametrize(("queues", "alive"), [([FOREIGN], 0), ([FOREIGN, "ml"], 1)])
def test_a_worker_of_others_is_not_counted(queues: list[str], alive: int) -> None:
    worker: Any = Worker(queues, connection=connection(), name="shown")
    worker.register_birth()
    workers = probe_services()["parts"]["workers"]
    worker.register_death()
    assert (workers["alive"], workers["ok"]) == (alive, alive > 0)
    assert FOREIGN not in workers["queues_without_worker"] and "default" in workers["queues_without_worker"]


def test_the_admin_offers_our_queues_alone(admin_client: Client) -> None:
    submit("echo_async")
    page = admin_client.get("/admin/jobs/asyncrequest/").content.decode()
    assert "?queue=ml" in page and f"?queue={FOREIGN}" not in page


def test_a_worker_of_ours_does_not_serve_a_foreign_queue() -> None:
    with pytest.raises(CommandError, match=f"Not a queue of Streamer: {FOREIGN}"):
        call_command("streamer_worker", FOREIGN)


def test_a_ring_says_what_it_is() -> None:
    ring(["default"])
    (job,) = django_rq.get_queue("default", connection=connection()).jobs
    assert job.func_name == SHIFT and job.id.startswith("streamer-ring-")

"""``streamer_queues`` and ``streamer_workers``: what operators and monitoring see, and what they change."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command

from jobs.models import LimitOverride, PausedQueue
from jobs.queue import presence
from jobs.queue.control.drains import ordered
from jobs.queue.names import own_queues
from jobs.queue.pauses import pause_queue
from tests.jobs.building import claim, make_submission, store, submit
from tests.jobs.queue.workers import register, register_many, silence

pytestmark = pytest.mark.django_db(transaction=True)


def run(command: str, *arguments: str) -> tuple[int, str]:
    """Return the exit status and what was printed, or the error's text."""
    out = StringIO()
    try:
        call_command(command, *arguments, stdout=out, stderr=StringIO())
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def run_json(command: str, *arguments: str) -> tuple[int, Any]:
    status, text = run(command, *arguments, "--json")
    return status, json.loads(text)


def serve_all() -> str:
    return register("host-2/1", own_queues()).name


def test_it_works() -> None:
    serve_all()
    submit()
    claim("host-2/1")
    submit()
    status, told = run_json("streamer_queues", "list")
    queue = next(one for one in told["queues"] if one["queue"] == "default")
    assert (status, queue["waiting"], queue["running"], queue["workers"]) == (0, 1, 1, 1)
    assert queue["oldest_seconds"] >= 0 and not queue["paused"] and queue["limit"] is None
    status, text = run("streamer_queues", "list")
    assert status == 0 and "default" in text and "served" in text


def test_a_queue_is_paused_and_resumed() -> None:
    serve_all()
    submit()
    assert run("streamer_queues", "pause", "default", "--dry-run") == (
        0,
        "Queue 'default' would be paused; 1 waiting\n",
    )
    assert not PausedQueue.objects.exists()
    assert run("streamer_queues", "pause", "default", "--reason", "moving") == (
        0,
        "Queue 'default' is paused; 1 waiting\n",
    )
    status, text = run("streamer_queues", "list")
    assert status == 1 and "paused by command line, moving" in text
    assert run("streamer_queues", "resume", "default", "--dry-run")[0] == 0 and PausedQueue.objects.exists()
    assert run_json("streamer_queues", "resume", "default")[1] == {
        "queue": "default",
        "paused": False,
        "waiting": 1,
        "dry_run": False,
    }
    assert run("streamer_queues", "list")[0] == 0
    assert run("streamer_queues", "resume", "default") == (1, "'default' is not paused")
    assert run("streamer_queues", "resume", "nope", "--dry-run")[0] == 1
    for more in ([], ["--dry-run"]):
        assert run("streamer_queues", "pause", "nope", *more)[0] == 2


def test_a_queue_without_a_worker_and_one_that_lags_need_attention() -> None:
    assert run_json("streamer_queues", "list")[0] == 1
    serve_all()
    submit()
    assert run("streamer_queues", "list", "--max-age", "1h")[0] == 0
    assert run("streamer_queues", "list", "--max-age", "0s")[0] == 1


@pytest.mark.parametrize(
    ("words", "kind", "name", "said"),
    [
        (
            ["default", "3"],
            "queue",
            "default",
            "requests of queue 'default' that run at once: 3 instead of no limit",
        ),
        (
            ["--action", "zoo_scarce", "3"],
            "action",
            "zoo_scarce",
            "action 'zoo_scarce' that run at once: 3 instead of 2",
        ),
        (["--key-of", "zoo_outside", "3"], "key_running", "zoo_outside", "with one limit key: 3 instead of 2"),
        (["--key-minute-of", "zoo_outside_often", "3"], "key_per_minute", "zoo_outside_often", "3 instead of 4"),
        (["--tenant", "acme", "3"], "tenant", "acme", "requests of tenant 'acme' that run at once: 3"),
        (["--each-tenant", "3"], "tenant", "", "requests of each tenant that run at once: 3"),
        (["--each-user", "3"], "user", "", "requests of each user that run at once: 3"),
    ],
)
def test_limits_are_set_and_removed(words: list[str], kind: str, name: str, said: str) -> None:
    assert said in run("streamer_queues", "limit", *words, "--dry-run")[1].replace("would be ", "")
    assert not LimitOverride.objects.exists()
    status, text = run("streamer_queues", "limit", *words)
    assert status == 0 and said in text
    row = LimitOverride.objects.get()
    assert (row.kind, row.name, row.number, row.set_by) == (kind, name, 3, "command line")
    assert said in run("streamer_queues", "list")[1]
    (told,) = run_json("streamer_queues", "list")[1]["limits"]
    assert (told["limit"], told["name"], told["number"]) == (kind, name, 3)
    status, removed = run_json("streamer_queues", "limit", *words[:-1], "--remove")
    assert status == 0 and removed["number"] is None and not LimitOverride.objects.exists()
    for more in ([], ["--dry-run"]):
        assert run("streamer_queues", "limit", *words[:-1], "--remove", *more)[0] == 1


@pytest.mark.parametrize(
    "words",
    [[], ["default"], ["3"], ["default", "0"], ["nope", "3"], ["default", "3", "--action", "zoo_count"]],
)
def test_a_limit_that_makes_no_sense_is_refused(words: list[str]) -> None:
    assert run("streamer_queues", "limit", *words)[0] == 2


def test_workers_are_listed_with_what_they_run() -> None:
    request_id = store(make_submission("zoo_count"))
    serve_all()
    claim("host-2/1")
    register("host-3/1", ["default"])
    status, told = run_json("streamer_workers", "list")
    assert status == 0 and told["queues_without_worker"] == []
    first, second = told["workers"]
    assert (first["name"], first["host"], first["state"], first["request_id"]) == (
        *("host-2/1", "host-2", "busy"),
        str(request_id),
    )
    assert first["started_at"] and first["running_seconds"] >= 0 and set(first["queues"]) == set(own_queues())
    assert (second["name"], second["state"], second["action"]) == ("host-3/1", "idle", None)
    assert "zoo_count" in run("streamer_workers", "list")[1]
    assert "host-3/1" in run("streamer_workers", "show", "host-3/1")[1]
    assert run_json("streamer_workers", "show", "host-2/1")[1]["action"] == "zoo_count"
    assert run("streamer_workers", "show", "nope")[0] == 1


def test_a_queue_without_a_worker_is_told_and_so_is_a_silent_worker() -> None:
    submit()
    worker = register("host-2/1", ["default"])
    claim("host-2/1")
    silence(worker)
    status, told = run_json("streamer_workers", "list")
    assert status == 1 and set(told["queues_without_worker"]) == set(own_queues())
    assert told["workers"][0]["state"] == "silent"
    assert "No worker for: " in run("streamer_workers", "list")[1]


def test_a_worker_or_a_host_is_told_to_drain() -> None:
    names = [register(f"host-2/{n}", own_queues()).name for n in (1, 2)]
    register("host-3/1", own_queues())
    assert "Would leave: host-2/1, host-2/2" in run("streamer_workers", "drain", "host-2", "--dry-run")[1]
    assert ordered(names) == set()
    assert run_json("streamer_workers", "drain", "host-2/1")[1] == {"workers": ["host-2/1"], "still_there": None}
    assert ordered(names) == {"host-2/1"}
    assert run("streamer_workers", "drain", "host-2", "host-2/1")[1] == "Told to leave: host-2/1, host-2/2\n"
    assert ordered([*names, "host-3/1"]) == set(names)
    states = {one["name"]: one["state"] for one in run_json("streamer_workers", "list")[1]["workers"]}
    assert states == {"host-2/1": "draining", "host-2/2": "draining", "host-3/1": "idle"}
    assert run_json("streamer_workers", "drain", "host-2/1", "--wait", "0") == (
        1,
        {"workers": ["host-2/1"], "still_there": ["host-2/1"]},
    )
    assert run("streamer_workers", "drain", "nope")[0] == 1
    assert run("streamer_workers", "drain")[0] == 2


def test_this_host_is_drained_by_its_name() -> None:
    name = register(f"{presence.host_name()}/1", own_queues()).name
    register("elsewhere/1", own_queues())
    assert run_json("streamer_workers", "drain", "--here")[1]["workers"] == [name]


def test_without_redis_nothing_is_claimed_to_be_known(
    monkeypatch: pytest.MonkeyPatch, redis_away: Callable[[], redis.Redis]
) -> None:
    monkeypatch.setattr(presence, "redis_connection", redis_away)
    pause_queue("default")
    assert run("streamer_queues", "list")[0] == 2
    assert run("streamer_workers", "list")[0] == 2


def test_statistics_and_the_live_page_show_pauses_and_limits() -> None:
    register_many(1)
    pause_queue("default")
    run("streamer_queues", "limit", "reports", "3")
    for command, arguments in (("streamer_stats", []), ("streamer_top", ["--once"])):
        text = run(command, *arguments)[1]
        assert "paused" in text and "0 of 3" in text

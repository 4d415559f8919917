"""The process of a request tells its memory, its CPU and its stacks when asked, and nothing of what it works on."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rq.command import PUBSUB_CHANNEL_TEMPLATE

from jobs.execution.inspection import answering, asking
from jobs.execution.inspection.answering import answer_if_asked, take_order
from jobs.execution.inspection.asking import inspect
from jobs.execution.inspection.figures import Gauge
from jobs.execution.inspection.stacks import own_stacks
from jobs.queue.wakeups import connection

SECRET = "the secret of a customer"
Listen = Callable[..., str]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    asking.breaker.close()
    answering.separate()
    # Where an answer comes, no test depends on how soon it does.
    monkeypatch.setattr(asking, "FIGURES_SECONDS", 30.0)
    monkeypatch.setattr(asking, "STACK_SECONDS", 30.0)


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Have a worker listen whose child is the given process. Returns the worker's name."""
    threads = []

    def begin(child: int, *, answers: bool = True) -> str:
        name = f"host/{uuid.uuid4().hex}"
        pubsub = connection().pubsub()  # type: ignore[no-untyped-call]

        def take(message: Any) -> None:
            if answers:
                take_order(json.loads(message["data"]), child)

        pubsub.subscribe(**{PUBSUB_CHANNEL_TEMPLATE % name: take})
        assert pubsub.get_message(timeout=10) is not None
        threads.append((pubsub.run_in_thread(sleep_time=0.1, daemon=True), pubsub))
        return name

    yield begin
    for thread, pubsub in threads:
        thread.stop()
        thread.join(10)
        pubsub.close()


class Child:
    """A thread that works for a request as a child does: it looks for a question now and then."""

    def __init__(self, request_id: uuid.UUID) -> None:
        self._request_id, self._stopped = request_id, threading.Event()
        self._thread = threading.Thread(target=self._work, args=(SECRET,), name="reporter", daemon=True)

    def __enter__(self) -> "Child":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(10)

    def _work(self, customer: str) -> None:
        while not self._stopped.wait(0.02):
            answer_if_asked(self._request_id)


def test_it_works(listen: Listen) -> None:
    request_id = uuid.uuid4()
    worker = listen(os.getpid())
    with Child(request_id):
        told = inspect(request_id, worker, with_stacks=True)
    assert told.fault == "" and told.figures is not None and told.stacks is not None
    assert told.figures.pid == os.getpid() and told.figures.memory_bytes > 1_000_000 and told.figures.threads > 1
    # This thread is the main one, and waits for the answer.
    main = told.stacks[0]
    assert main["name"] == "MainThread" and any(one["function"] == "test_it_works" for one in main["frames"])
    (own,) = [one for one in main["frames"] if one["function"] == "test_it_works"]
    assert own["file"] == "tests/jobs/execution/test_inspection.py" and "with_stacks=True" in own["code"]


def test_figures_alone_trouble_no_child(listen: Listen) -> None:
    told = inspect(uuid.uuid4(), listen(os.getpid()))
    assert told.figures is not None and told.stacks is None and told.fault == ""
    assert answering._shared[0:16] == bytes(16)


def test_a_dead_worker_a_silent_one_and_an_idle_one_are_told_apart(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inspect(uuid.uuid4(), "host/nobody").fault == "no worker"
    assert inspect(uuid.uuid4(), listen(0)).fault == "no process"
    monkeypatch.setattr(asking, "FIGURES_SECONDS", 0.1)
    assert inspect(uuid.uuid4(), listen(os.getpid(), answers=False)).fault == "silent worker"


def test_a_process_that_is_deaf_is_said_to_be(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float] = []

    def impatient(key: str, ends_at: float) -> Any:
        # The worker's answer is waited for, that of its child not for long: it does not come.
        ends.append(time.monotonic() + 0.1 if ends else ends_at)
        return wait(key, ends[-1])

    wait = asking._await
    monkeypatch.setattr(asking, "_await", impatient)
    told = inspect(uuid.uuid4(), listen(os.getpid()), with_stacks=True)
    assert told.fault == "silent process" and told.figures is not None and "does not answer" in told.words


def test_the_stack_of_another_request_is_not_told(listen: Listen) -> None:
    with Child(uuid.uuid4()):
        told = inspect(uuid.uuid4(), listen(os.getpid()), with_stacks=True)
    assert told.fault == "other request" and told.stacks is None


def test_no_value_of_a_variable_is_told() -> None:
    def handler(payload: str) -> str:
        return json.dumps(own_stacks_in_another_thread())

    assert SECRET not in handler(SECRET) and "handler" in handler(SECRET)


def own_stacks_in_another_thread() -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(own_stacks()))
    thread.start()
    thread.join(10)
    return found[0]


def test_redis_that_is_away_is_said_to_be(redis_away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "connection", redis_away)
    assert inspect(uuid.uuid4(), "host/1").fault == "redis"


def test_an_order_of_another_program_is_left_to_rq() -> None:
    assert not take_order({"command": "shutdown"}, 1) and not take_order([], 1)
    assert take_order({"command": answering.COMMAND, "question": "nonsense"}, 1)


def test_cpu_is_measured_since_the_last_look() -> None:
    gauge, pid = Gauge(), os.getpid()
    first = gauge.look(pid)
    ends_at = time.process_time() + 0.4
    while time.process_time() < ends_at:
        sum(range(1000))
    second = gauge.look(pid)
    assert first is not None and second is not None and second.cpu_seconds >= first.cpu_seconds + 0.3
    assert second.cpu_percent > 0 and gauge.look(2**22 + 1) is None


# This process has threads and must not fork.
_FORKED = """
import os, uuid
from jobs.execution.inspection import answering
told = []
answering._reply = lambda question, answer: told.append(answer)
request = uuid.uuid4()
read, write = os.pipe()
ready, go = os.pipe()
pid = os.fork()
if pid == 0:
    os.read(ready, 1)
    answering.answer_if_asked(request)
    os.write(write, str(len(told[0]["stacks"]) >= 0).encode())
    answering.answer_if_asked(request)
    os.write(write, str(len(told)).encode())
    os._exit(0)
order = {"command": answering.COMMAND, "question": uuid.uuid4().hex, "request": str(request), "stacks": True}
answering.take_order(order, pid)
os.write(go, b"x")
os.waitpid(pid, 0)
print(os.read(read, 100).decode(), told[0]["process"]["pid"] == pid)
"""


def test_the_question_crosses_the_fork_and_is_answered_once() -> None:
    script = "import django; django.setup()\n" + _FORKED
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["True1", "True"], done.stderr

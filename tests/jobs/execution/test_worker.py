"""The worker's watch over its child, on real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings
from rq.exceptions import StopRequested

from jobs.execution import watchdog
from jobs.execution.worker import ShiftWorker
from jobs.management.commands.streamer_worker import _WORKER_TTL_SECONDS
from jobs.queue.control.drains import order_drain
from jobs.queue.health.memory import memory_bytes
from jobs.queue.presence import MEMORY_FIELD

# This process has threads and must not fork, so another one does. It loads Django once, and runs each script in a fork
# of itself. A script has ``worker``, whose child does what the script tells it, and no Redis.
_BEGIN = """
import os, signal, time
import django; django.setup()
from django.conf import settings
from jobs.execution import watchdog, worker as module
from rq.timeouts import HorseMonitorTimeoutException
settings.STREAMER_LEASE_SECONDS = 0.2
worker = module.ShiftWorker.__new__(module.ShiftWorker)
worker.log, worker.name = module.logger, "w"

def child(do):
    watchdog.reset()
    pid = os.fork()
    if pid == 0:
        os.setpgrp()
        do()
        os._exit(3)
    worker._horse_pid = pid

def armed():
    watchdog.arm(1000)
    signal.pause()
"""
_RUN_EACH = """
import json, sys
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            exec(json.loads(line), globals())
            sys.stdout.flush()
            os._exit(0)
        finally:
            os._exit(1)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
RunAlone = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def run_alone() -> Iterator[RunAlone]:
    """Return ``run_alone(script)``, which returns the words that the script prints."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", _BEGIN + _RUN_EACH]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        told, said = process.stdin, process.stdout
        assert told and said

        def run(script: str) -> list[str]:
            told.write(f"{json.dumps(script)}\n")
            told.flush()
            words: list[str] = []
            for line in said:
                if line.startswith("status "):
                    assert line == "status 0\n"
                    return words
                words += line.split()
            raise AssertionError("the process that runs the scripts has ended")

        try:
            yield run
        finally:
            process.kill()


WAYS = pytest.mark.parametrize("way", ["", "del os.pidfd_open\n"], ids=["as here", "without pidfd"])


@WAYS
def test_it_works(run_alone: RunAlone, way: str) -> None:
    script = "child(lambda: None)\nprint(os.waitstatus_to_exitcode(worker.wait_for_horse()[1]))"
    assert run_alone(way + script) == ["3"]


@WAYS
def test_a_child_that_runs_on_is_left_to_run(run_alone: RunAlone, way: str) -> None:
    script = """
read, write = os.pipe()
child(lambda: os.read(read, 1))
try: worker.wait_for_horse()
except HorseMonitorTimeoutException: print("runs")
os.write(write, b"x")
status = None
while status is None:
    try: status = worker.wait_for_horse()[1]
    except HorseMonitorTimeoutException: pass
print(os.waitstatus_to_exitcode(status))
"""
    assert run_alone(way + script) == ["runs", "3"]


@WAYS
def test_an_overdue_child_is_killed_even_while_redis_is_away(run_alone: RunAlone, way: str) -> None:
    script = """
child(armed)
module.Worker.execute_job = lambda *args: (_ for _ in ()).throw(OSError("no Redis"))
worker.execute_job(None, None)
print(worker.horse_pid)
"""
    assert run_alone(way + script) == ["0"]


@pytest.mark.parametrize(("owns", "end"), [(False, ["-9"]), (True, ["runs"])])
def test_a_silent_child_is_killed_when_its_request_was_taken_from_it(
    run_alone: RunAlone, owns: bool, end: list[str]
) -> None:
    script = f"""
settings.STREAMER_LEASE_SECONDS = 1000
module._SILENCE_SECONDS = 0.2
module.owns_any = lambda name: {owns}
child(armed)
for _ in range(3):
    try: status = os.waitstatus_to_exitcode(worker.wait_for_horse()[1]); break
    except HorseMonitorTimeoutException: status = "runs"
if status == "runs": worker.kill_horse()
print(status)
"""
    assert run_alone(script) == end


def test_no_alarm_is_counted_on(run_alone: RunAlone) -> None:
    """After SIGSTOP and SIGCONT, RQ's alarm may reach another thread than the one that waits."""
    script = """
signal.alarm = lambda seconds: print("alarm")
child(armed)
with worker.death_penalty_class(1, HorseMonitorTimeoutException):
    try: worker._outwait_horse()
    finally: print("ended")
"""
    assert run_alone(script) == ["ended"]


def test_a_job_of_others_may_be_silent_for_as_long_as_it_likes(run_alone: RunAlone) -> None:
    script = """
settings.STREAMER_LEASE_SECONDS = 0.2
module.watchdog._IDLE_SILENCE_SECONDS = 0.2
worker._runs_shift = False
child(signal.pause)
try: worker.wait_for_horse(); worker.wait_for_horse()
except HorseMonitorTimeoutException: print("runs")
worker._runs_shift = True
print(os.waitstatus_to_exitcode(worker.wait_for_horse()[1]))
"""
    assert run_alone(script) == ["runs", "-9"]


def test_a_redis_that_is_cut_off_is_noticed_before_an_idle_worker_would_wake_up_twice() -> None:
    """By default each command is tried eleven times, and waited for as long as RQ waits for a job, and 10 s more."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    worker = ShiftWorker(["default"], connection=client, worker_ttl=_WORKER_TTL_SECONDS)
    assert (worker.dequeue_timeout, client.get_connection_kwargs()["socket_timeout"]) == (5, 7)
    retry = client.get_retry()
    assert retry is not None and retry.get_retries() == 1
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise redis.TimeoutError("no answer")

    with pytest.raises(redis.TimeoutError):
        retry.call_with_retry(ask, lambda error: None)
    assert len(asked) == 1


@pytest.mark.parametrize("error", [redis.TimeoutError("no answer"), redis.ConnectionError("refused")])
def test_no_book_of_rqs_ends_a_worker(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be started again, load its libraries again, and find Redis away again."""
    worker = ShiftWorker(["default"], connection=redis.Redis.from_url(settings.REDIS_URL), name="steady")

    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(worker.connection, "execute_command", fail)
    worker.set_state("idle")
    worker.heartbeat()
    worker.check_for_suspension(False)
    worker.run_maintenance_tasks()


def test_a_redis_that_refuses_to_write_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It answers so while it cannot save to its disk."""
    worker = make_worker("patient", "idle")
    refusals = [redis.ResponseError("MISCONF Redis is configured to save RDB snapshots, but cannot") for _ in range(5)]
    pauses: list[float] = []

    def dequeue(*args: object, **options: object) -> None:
        if refusals:
            raise refusals.pop()

    monkeypatch.setattr(worker.queue_class, "dequeue_any", dequeue)
    monkeypatch.setattr("jobs.execution.worker.time.sleep", pauses.append)
    assert worker.dequeue_job_and_maintain_ttl(1) is None
    assert pauses == [0.25, 0.5, 1, 2, 2]
    lines = [record for record in caplog.records if "Redis refuses: MISCONF" in record.getMessage()]
    assert lines and not any(record.exc_info for record in lines)


def make_worker(name: str, state: str) -> ShiftWorker:
    worker = ShiftWorker(["default"], connection=redis.Redis.from_url(settings.REDIS_URL), name=name)
    worker.set_state(state)
    return worker


def test_an_idle_worker_that_is_to_drain_leaves_at_its_next_heartbeat() -> None:
    """The hint may be lost. The order is not."""
    worker, other = make_worker("drained", "idle"), make_worker("other", "idle")
    order_drain(["drained"])
    other.heartbeat()
    with pytest.raises(StopRequested):
        worker.heartbeat()
    assert worker.is_draining and watchdog.is_draining() and not other.is_draining


@pytest.mark.parametrize("is_away", [False, True])
def test_a_busy_worker_that_is_to_drain_goes_on_with_what_it_runs(
    is_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = make_worker("busy-one", "busy")

    def fail(*args: object, **options: object) -> None:
        raise redis.ConnectionError("refused")

    if is_away:
        monkeypatch.setattr(worker.connection, "execute_command", fail)
    worker.drain()
    worker.drain()
    assert worker._stop_requested and watchdog.is_draining() and not watchdog.is_leaving()


def test_the_hint_has_it_leave_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make_worker("told", "idle")
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    worker.handle_payload({"data": b'{"command": "drain"}'})
    assert sent == [(os.getpid(), signal.SIGUSR1)]


def test_an_order_to_one_is_none_to_the_next_of_its_name() -> None:
    order_drain(["host-2/1"])
    worker = ShiftWorker(["default"], connection=redis.Redis.from_url(settings.REDIS_URL), name="host-2/1")
    worker.register_birth()
    worker.set_state("idle")
    worker.heartbeat()
    assert not worker.is_draining
    worker.register_death()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells how pages are shared")
def test_it_tells_its_memory() -> None:
    worker = make_worker("large", "idle")
    worker.heartbeat()
    told = worker.connection.hget(worker.key, MEMORY_FIELD)
    assert told is not None and int(told) > 1_000_000
    assert memory_bytes([2**22 + 1]) is None

"""The worker's watch over its child, on real processes."""

import os
import subprocess
import sys

import pytest

# This process has threads and must not fork, so each script is a process of its own. It has ``worker``, whose child
# does what the script tells it, and no Redis.
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


def run_alone(script: str) -> list[str]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", _BEGIN + script]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout.split()


WAYS = pytest.mark.parametrize("way", ["", "del os.pidfd_open\n"], ids=["as here", "without pidfd"])


@WAYS
def test_it_works(way: str) -> None:
    script = "child(lambda: None)\nprint(os.waitstatus_to_exitcode(worker.wait_for_horse()[1]))"
    assert run_alone(way + script) == ["3"]


@WAYS
def test_a_child_that_runs_on_is_left_to_run(way: str) -> None:
    script = """
child(lambda: time.sleep(1.5))
try: worker.wait_for_horse()
except HorseMonitorTimeoutException: print("runs")
print(os.waitstatus_to_exitcode(worker.wait_for_horse()[1]))
"""
    assert run_alone(way + script) == ["runs", "3"]


@WAYS
def test_an_overdue_child_is_killed_even_while_redis_is_away(way: str) -> None:
    script = """
child(armed)
module.Worker.execute_job = lambda *args: (_ for _ in ()).throw(OSError("no Redis"))
worker.execute_job(None, None)
print(worker.horse_pid)
"""
    assert run_alone(way + script) == ["0"]


@pytest.mark.parametrize(("owns", "end"), [(False, ["-9"]), (True, ["runs"])])
def test_a_silent_child_is_killed_when_its_request_was_taken_from_it(owns: bool, end: list[str]) -> None:
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


def test_no_alarm_is_counted_on() -> None:
    """After SIGSTOP and SIGCONT, RQ's alarm may reach another thread than the one that waits."""
    script = """
signal.alarm = lambda seconds: print("alarm")
child(armed)
with worker.death_penalty_class(1, HorseMonitorTimeoutException):
    try: worker._outwait_horse()
    finally: print("ended")
"""
    assert run_alone(script) == ["ended"]


def test_a_job_of_others_may_be_silent_for_as_long_as_it_likes() -> None:
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

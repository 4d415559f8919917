"""Workers that one process forks: a dead one is replaced, all end on an order, each has a watchdog of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jobs.execution import worker_pool

# This process has threads and must not fork, so each script is a process of its own.
_BEGIN = """
import os, signal, sys, time
import django; django.setup()
from jobs.execution import watchdog, worker_pool
from jobs.execution.worker_pool import WorkerPool

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def serve(number):
    say("serves", os.getpid())
    while True:
        signal.pause()
"""


@contextmanager
def running(script: str) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", _BEGIN + script]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_words(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def outcome(script: str) -> list[str]:
    """Run a script to its end and return its words."""
    with running(script) as process:
        words = process.communicate(timeout=60)[0].split()
        assert process.returncode == 0
        return words


def test_it_works() -> None:
    words = outcome("WorkerPool(3, lambda number: say(number), burst=True).run()\nsay('over')")
    assert sorted(words[:3]) == ["1", "2", "3"] and words[3:] == ["over"]


def test_a_dead_worker_is_replaced() -> None:
    with running("worker_pool._STEADY_SECONDS = 0\nWorkerPool(1, serve).run()") as process:
        first = next_words(process)[1]
        os.kill(int(first), signal.SIGKILL)
        said, second = next_words(process)
        assert said == "serves" and second != first


def test_a_drained_worker_is_not_replaced_and_the_pool_ends_with_the_last() -> None:
    script = """
def leave_soon(number):
    say("serves", number)
    sys.exit(worker_pool.DRAINED_STATUS)
WorkerPool(2, leave_soon).run()
say("over")
"""
    words = outcome(script)
    assert words.count("serves") == 2 and words[-1] == "over"


def test_workers_that_cannot_start_are_tried_more_and_more_rarely() -> None:
    script = """
pauses = []
worker_pool._FIRST_PAUSE_SECONDS, worker_pool._MAX_PAUSE_SECONDS = 0.01, 0.05
class Pool(WorkerPool):
    def _reap(self):
        running = len(self._started)
        super()._reap()
        if len(self._started) == running:
            return
        pauses.append(self._pause_seconds)
        if len(pauses) == 5:
            self._due.clear()
Pool(1, lambda number: sys.exit(2)).run()
say(*pauses)
"""
    assert outcome(script) == ["0.02", "0.04", "0.05", "0.05", "0.05"]


def test_no_worker_is_left_away_for_long() -> None:
    assert worker_pool._MAX_PAUSE_SECONDS <= 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_order_to_stop_reaches_each_and_none_is_replaced(number: signal.Signals) -> None:
    script = """
def serve_until_told(number):
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda order, frame: sys.exit(0))
    serve(number)
WorkerPool(2, serve_until_told).run()
say("over")
"""
    with running(script) as process:
        pids = {next_words(process)[1], next_words(process)[1]}
        assert len(pids) == 2
        process.send_signal(number)
        assert next_words(process) == ["over"]
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a child of its parent's death")
def test_workers_do_not_outlive_their_parent() -> None:
    with running("WorkerPool(1, serve).run()") as process:
        next_words(process)
        process.kill()
        assert process.stdout is not None and process.stdout.read() == ""  # nobody can write to it any more


def test_what_one_worker_tells_its_child_is_not_told_to_others() -> None:
    script = """
def tell(number):
    watchdog.leave()
    say(watchdog.is_leaving())
WorkerPool(1, tell, burst=True).run()
WorkerPool(1, lambda number: say(watchdog.is_leaving()), burst=True).run()
"""
    assert outcome(script) == ["True", "False"]

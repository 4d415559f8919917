import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from jobs.execution import watchdog
from jobs.handler import Stop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return ``clock(seconds)``, which moves the time of this module alone."""
    now = [1000.0]

    class Time:
        @staticmethod
        def monotonic() -> float:
            return now[0]

    def advance(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(watchdog, "time", Time)
    return advance


def test_it_works(clock: Callable[[float], None]) -> None:
    watchdog.arm(10)
    assert not watchdog.is_overdue(silence_seconds=30)
    clock(9.9)
    assert not watchdog.is_overdue(silence_seconds=30)
    clock(0.2)
    assert watchdog.is_overdue(silence_seconds=30)
    watchdog.disarm()
    assert not watchdog.is_overdue(silence_seconds=30)


def test_a_child_without_a_sign_of_life_is_overdue_before_its_deadline(clock: Callable[[float], None]) -> None:
    watchdog.arm(1000)
    clock(30.1)
    assert watchdog.is_overdue(silence_seconds=30)
    watchdog.beat()
    assert not watchdog.is_overdue(silence_seconds=30)


def test_a_child_between_two_requests_may_be_silent_for_a_minute(clock: Callable[[float], None]) -> None:
    watchdog.arm(5)
    clock(1000)
    watchdog.disarm()
    clock(59)
    assert not watchdog.is_overdue(silence_seconds=1)
    clock(2)
    assert watchdog.is_overdue(silence_seconds=1)


def test_a_child_that_never_comes_to_its_first_request_is_overdue(clock: Callable[[float], None]) -> None:
    watchdog.reset()
    clock(61)
    assert watchdog.is_overdue(silence_seconds=30)


def test_the_next_child_is_not_judged_by_the_last_one(clock: Callable[[float], None]) -> None:
    watchdog.arm(5)
    clock(6)
    watchdog.reset()
    assert not watchdog.is_overdue(silence_seconds=1)


def test_leaving_starts_with_the_first_order_and_survives_a_reset(clock: Callable[[float], None]) -> None:
    assert not watchdog.is_leaving()
    watchdog.leave()
    clock(3)
    watchdog.leave()
    watchdog.reset()
    assert watchdog.is_leaving() and watchdog.is_leaving(grace_seconds=3)
    assert not watchdog.is_leaving(grace_seconds=3.1)


def run_alone(script: str) -> str:
    """Run ``script`` in a process of its own, because this one has threads and must not fork. Return its output."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", f"import os, signal\nfrom jobs.execution import watchdog\n{script}"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout


SHARES = """
reader, writer = os.pipe()
watchdog.leave()
if os.fork() == 0:
    watchdog.arm(-1)
    os.write(writer, b"leaving" if watchdog.is_leaving() else b"staying")
    os._exit(0)
print(os.read(reader, 100).decode())
os.wait()
print(watchdog.is_overdue(silence_seconds=60))
"""


def test_what_one_side_of_a_fork_writes_the_other_reads() -> None:
    assert run_alone(SHARES).split() == ["leaving", "True"]


def test_ending_the_process_does_first_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "_exit", done.append)
    watchdog.on_end(lambda: done.append("rang"))
    watchdog.end_process()
    assert done == ["rang", 1]


def test_the_process_ends_even_when_what_was_asked_for_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    def broken() -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(os, "_exit", done.append)
    watchdog.on_end(broken)
    with suppress(ValueError):
        watchdog.end_process()
    assert done == [1]


# The pipe ends when the grandchild, the last that holds it, is gone.
DIES = """
reader, writer = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        watchdog.die_with_parent()
        os.write(writer, b"r")
        signal.pause()
    os.close(writer)
    os.read(reader, 1)
    os._exit(0)
os.close(writer)
os.wait()
print(os.read(reader, 1))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do it")
def test_a_child_dies_with_its_parent() -> None:
    assert run_alone(DIES).strip() == "b''"


# For systems without the signal. The last child learns that it is an orphan, and tells the waiting process.
LEAVES = """
import sys, time
sys.platform = "another"
reader, writer = os.pipe()
if os.fork() == 0:
    ready, begun = os.pipe()
    if os.fork() == 0:
        watchdog.die_with_parent()
        os.write(writer, b"staying " if not watchdog.is_leaving(1000) else b"leaving ")
        os.write(begun, b"r")
        while not watchdog.is_leaving(1000):
            time.sleep(0.01)
        os.write(writer, b"leaving")
        os._exit(0)
    os.read(ready, 1)
    os._exit(0)
os.close(writer)
os.wait()
print((os.read(reader, 8) + os.read(reader, 7)).decode())
"""


def test_elsewhere_an_orphan_leaves() -> None:
    assert run_alone(LEAVES).split() == ["staying", "leaving"]


def test_leaving_is_an_order_to_stop() -> None:
    assert issubclass(watchdog.Leaving, Stop)

"""Writers queue for a turn, and nothing that happens to its holder keeps the others waiting for ever."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.sqlite.turn import Turn

LONG_SECONDS = 20.0
_HOLDER = """
import sys
from pathlib import Path
from jobs.sqlite.turn import Turn

turn = Turn(Path(sys.argv[1]))
assert turn.take(0)
print("mine", flush=True)
sys.stdin.readline()
turn.give_back()
print("given back", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db-turn"


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds the turn until it is sent a line."""
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "mine\n"
        try:
            yield process
        finally:
            process.kill()


def test_it_is_given_from_one_to_the_next(path: Path) -> None:
    first, second = Turn(path), Turn(path)
    assert first.take(0)
    assert not second.take(0)
    first.give_back()
    assert second.take(LONG_SECONDS)


def test_one_that_waits_gets_it_at_once_when_it_is_given_back(path: Path) -> None:
    with holder(path) as other:
        got: list[bool] = []
        turn = Turn(path)
        waiting = threading.Thread(target=lambda: got.append(turn.take(LONG_SECONDS)))
        waiting.start()
        assert other.stdin
        other.stdin.write("\n")
        other.stdin.flush()
        waiting.join()
        assert got == [True]


def test_a_killed_holder_has_given_it_back(path: Path) -> None:
    with holder(path) as other:
        os.kill(other.pid, signal.SIGKILL)
        assert Turn(path).take(LONG_SECONDS)


def test_one_who_did_not_get_it_in_time_holds_up_nobody(path: Path) -> None:
    """Its thread gets the turn in the end, and passes it on."""
    first, impatient, last = Turn(path), Turn(path), Turn(path)
    assert first.take(0)
    assert not impatient.take(0.01)
    impatient.give_back()
    first.give_back()
    assert last.take(LONG_SECONDS)
    last.give_back()
    assert impatient.take(LONG_SECONDS)


def test_without_a_place_for_the_file_nobody_waits(tmp_path: Path) -> None:
    assert not Turn(tmp_path / "no such folder" / "turn").take(LONG_SECONDS)


def test_closing_gives_it_back(path: Path) -> None:
    first = Turn(path)
    assert first.take(0)
    first.close()
    assert Turn(path).take(0)


def test_a_forked_child_shares_nothing_of_a_closed_turn(path: Path) -> None:
    turn = Turn(path)
    assert turn.take(0)
    turn.close()
    child = multiprocessing.get_context("fork").Process(target=lambda: os._exit(0 if turn.take(0) else 1))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert turn.take(0)

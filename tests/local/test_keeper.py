import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from streamer_site.local.folder import DataFolder
from streamer_site.local.keeper import Keeper
from streamer_site.local.process import GATE
from tests.local.owner import GENTLE
from tests.local.waiting import eventually, is_alive

ROOT = Path(__file__).parents[2]


@contextmanager
def owner(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """Start a process with a small stack, Valkey included. Return the pids of its processes."""
    command = [sys.executable, "-m", "tests.local.owner", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", GENTLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout and process.stdout.readline() == "up\n"
        Thread(target=process.wait).start()  # takes note of its end at once, as a supervisor does
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("send", "signum"), [(os.kill, signal.SIGKILL), (os.killpg, signal.SIGINT)], ids=["SIGKILL", "Ctrl-C"]
)
def test_nothing_outlives_its_owner(tmp_path: Path, send: Callable[[int, int], None], signum: int) -> None:
    """Ctrl-C goes to every process of the terminal's foreground group: the keeper must not be one of them."""
    with owner(tmp_path) as (process, pids):
        assert set(pids) == {"valkey", "gentle", "stubborn", "parent"}
        assert all(is_alive(pid) for pid in pids.values())
        send(process.pid, signum)
        process.wait()
        eventually(lambda: not any(is_alive(pid) for pid in pids.values()), "every process has ended")
    # The keeper holds the lock until then, so the next stack cannot meet the remains of this one.
    with DataFolder(tmp_path):
        assert not any(is_alive(pid) for pid in pids.values())


def test_it_leaves_alone_what_it_was_told_to_forget() -> None:
    with sleeper() as kept, sleeper() as forgotten:
        keeper = Keeper()
        keeper.watch(kept.pid)
        keeper.watch(forgotten.pid)
        keeper.forget(forgotten.pid)
        keeper.close()
        assert kept.wait(10) == -signal.SIGTERM
        assert is_alive(forgotten.pid)


def test_a_killed_keeper_is_replaced_and_told_everything() -> None:
    with sleeper() as first, sleeper() as second:
        keeper = Keeper()
        keeper.watch(first.pid)
        killed = keeper.pid
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: not is_alive(killed), "the keeper is dead")
        keeper.watch(second.pid)
        assert keeper.pid != killed
        keeper.close()
        assert [first.wait(10), second.wait(10)] == [-signal.SIGTERM] * 2


def test_a_program_does_not_start_before_the_keeper_knows_it(tmp_path: Path) -> None:
    """The shell in front of it ends when the line that opens the gate does not come."""
    command = [*GATE, sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    gated = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert gated.stdin
    gated.stdin.close()
    assert gated.wait(10) != 0
    assert not (tmp_path / "ran").exists()

"""The lab loses packets where it is told to, restores what it took, and leaves nothing on the machine."""

import os
import subprocess
import sys

import pytest

from tests.hosts import enclosure
from tests.hosts.lab import PROJECT_DIR
from tests.hosts.scenarios import SCENARIOS, SHORT
from tests.hosts.trial import first_wave, recovery_seconds, second_wave
from tests.local.waiting import children_of, eventually, is_alive

_ENTER = "from tests.hosts.enclosure import enter; enter('tests.hosts.tests.inside', [])"
needs_enclosure = pytest.mark.skipif(bool(enclosure.missing_tools()), reason=", ".join(enclosure.missing_tools()))


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT_DIR, capture_output=True, text=True)


@needs_enclosure
def test_it_works() -> None:
    before = sorted(os.listdir("/sys/class/net"))
    done = run_python("-c", _ENTER)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "name one",
        "cut False",
        "parted False",
        "still parted False",
        "without power False",
    ]
    assert sorted(os.listdir("/sys/class/net")) == before


@needs_enclosure
def test_a_run_that_is_killed_leaves_no_process() -> None:
    with subprocess.Popen([sys.executable, "-c", _ENTER], cwd=PROJECT_DIR, stdout=subprocess.DEVNULL) as run:
        (inside,) = eventually(lambda: children_of(run.pid), "the run is in its enclosure")
        programs = eventually(lambda: children_of(inside), "the run has started programs")
        run.kill()
        eventually(lambda: not any(map(is_alive, (inside, *programs))), "all of it has ended")


def test_the_scenarios_are_listed() -> None:
    names = run_python("-m", "tests.hosts", "--list").stdout.split()
    assert names == [one.name for one in SCENARIOS] and set(SHORT) <= set(names)
    assert len(set(names)) == len(names)


def test_there_is_a_part_of_each_wave_for_each_client() -> None:
    assert len(first_wave()) == len(second_wave()) == 4


def test_nothing_to_recover_has_no_recovery() -> None:
    assert recovery_seconds([], 0.0) is None

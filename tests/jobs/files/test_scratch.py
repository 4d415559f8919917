import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.files.scratch import dead_folders, delete, old_entries, scratch_folder

HOUR = 3600


@pytest.fixture(autouse=True)
def own_scratch(settings: Settings, tmp_path: Path) -> Path:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"
    return tmp_path / "scratch"


def make_old(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_it_works(own_scratch: Path) -> None:
    with scratch_folder() as folder:
        (folder / "rows").write_bytes(b"spilled")
        assert folder.parent == own_scratch
    assert list(own_scratch.iterdir()) == []


def test_the_folder_of_a_living_run_is_not_dead_however_old(own_scratch: Path) -> None:
    with scratch_folder() as folder:
        make_old(folder, 48 * HOUR)
        assert dead_folders() == []


def test_the_folder_of_a_killed_process_is_dead(own_scratch: Path) -> None:
    own_scratch.mkdir()
    folder = own_scratch / "run-x"
    script = (
        "import fcntl, os, sys; os.mkdir(sys.argv[1]); d = os.open(sys.argv[1], os.O_RDONLY);"
        "fcntl.flock(d, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        make_old(folder, HOUR)
        assert dead_folders() == []
        process.kill()
    assert dead_folders() == [folder]
    assert delete(dead_folders()) == 1 and list(own_scratch.iterdir()) == []


def test_one_that_was_just_made_or_is_of_others_is_left_alone(own_scratch: Path) -> None:
    own_scratch.mkdir()
    for name in ("run-new", "upload"):
        (own_scratch / name).mkdir()
    make_old(own_scratch / "upload", 2 * HOUR)
    assert dead_folders() == [] and old_entries() == []
    make_old(own_scratch / "upload", 48 * HOUR)
    assert [path.name for path in old_entries()] == ["upload"]

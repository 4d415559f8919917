import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.folder import LOCK_FILE, AlreadyRunning, DataFolder

ROOT = Path(__file__).parents[2]
TRY_TO_LOCK = """
import sys
from pathlib import Path
from streamer_site.local.folder import AlreadyRunning, DataFolder
try:
    with DataFolder(Path(sys.argv[1])):
        print("locked")
except AlreadyRunning as error:
    print(error, error.pid, error.url)
"""


def lock_elsewhere(path: Path) -> str:
    command = [sys.executable, "-c", TRY_TO_LOCK, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_it_works(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "new") as folder:
        assert folder.path.is_dir()
    assert lock_elsewhere(tmp_path / "new") == "locked"


def test_it_is_closed_to_others(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    old.chmod(0o755)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for folder in (old, shared):
        with DataFolder(folder):
            pass
    assert old.stat().st_mode & 0o7777 == 0o700
    assert shared.stat().st_mode & 0o7777 == 0o1777


def test_a_second_process_is_told_who_has_it(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        folder.note_owner("http://127.0.0.1:8000")
        said = lock_elsewhere(tmp_path)
    assert said.startswith(f"A stack is already running on {tmp_path} (process {os.getpid()}, at http://127.0.0.1:8000")


def test_a_second_stack_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(AlreadyRunning), DataFolder(tmp_path):
        pass


def test_another_folder_is_another_matter(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "first"):
        assert lock_elsewhere(tmp_path / "second") == "locked"


def test_wipe_leaves_the_lock_and_what_links_point_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").touch()
    with DataFolder(tmp_path / "data") as folder:
        (folder.path / "logs").mkdir()
        (folder.path / "logs/web.log").touch()
        (folder.path / "link").symlink_to(tmp_path / "elsewhere")
        folder.wipe()
        assert [entry.name for entry in folder.path.iterdir()] == [LOCK_FILE]
        assert lock_elsewhere(tmp_path / "data") != "locked"
    assert (tmp_path / "elsewhere/kept").exists()

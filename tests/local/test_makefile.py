import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a folder with the Makefile, an empty list of requirements, and a space in its name."""
    folder = tmp_path / "my clone"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").touch()
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=folder, env=outside, capture_output=True, text=True)


def test_make_alone_lists_the_targets(clone: Path) -> None:
    listing = make(clone).stdout
    for target in ("install", "run", "demo", "test", "lint", "clean"):
        assert f"make {target} " in listing


def test_install_installs_only_what_has_changed(clone: Path) -> None:
    assert "Installing requirements.txt" in make(clone, "install").stdout
    assert make(clone, "install").stdout == ""
    (clone / "requirements.txt").write_text("# another text\n")
    assert "Installing requirements.txt" in make(clone, "install").stdout


def test_an_old_python_is_refused_in_words(clone: Path) -> None:
    old = clone / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    done = make(clone, "install", "PYTHON=./python3.9")
    assert done.returncode != 0
    assert "is Python 3.9.2, Streamer needs Python 3.11 or newer" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_missing_python_is_said(clone: Path) -> None:
    done = make(clone, "install", "PYTHON=python-of-nowhere")
    assert "There is no python-of-nowhere" in done.stderr

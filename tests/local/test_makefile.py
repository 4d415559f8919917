import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What installs the lock file, with the standard library alone.
INSTALLER = ("streamer_site/__init__.py", "streamer_site/local/__init__.py", "streamer_site/local/install.py")
FORMATTING = ("jobs/__init__.py", "jobs/formatting.py")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a folder with the Makefile, an empty lock file, and a space in its name."""
    folder = tmp_path / "my clone"
    folder.mkdir()
    for name in ("Makefile", *INSTALLER, *FORMATTING):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "requirements.lock").touch()
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=folder, env=outside, capture_output=True, text=True)


def test_make_alone_lists_the_targets(clone: Path) -> None:
    listing = make(clone).stdout
    for target in ("install", "run", "bench", "demo", "test", "lint", "lock", "audit", "clean"):
        assert f"make {target} " in listing


def test_install_installs_only_what_has_changed(clone: Path) -> None:
    assert "Installing requirements.lock" in make(clone, "install").stdout
    assert make(clone, "install").stdout == ""
    (clone / "requirements.lock").write_text("# another text\n")
    assert "Installing requirements.lock" in make(clone, "install").stdout


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


def test_nothing_without_a_hash_is_installed(clone: Path) -> None:
    (clone / "requirements.lock").write_text("six==1.17.0\n")
    done = make(clone, "install")
    assert done.returncode != 0 and "hash" in done.stderr.lower()


def pins(path: Path) -> dict[str, str]:
    """Return name → version of each line that pins one, whatever its marker; the names in lower case."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", path.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name.lower()): version for name, version in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_file_has_what_the_requirements_ask_for(name: str) -> None:
    """Fails after an edit of the requirements until ``make lock`` is run."""
    asked, locked = pins(ROOT / f"{name}.txt"), pins(ROOT / f"{name}.lock")
    assert asked and asked.items() <= locked.items()


def test_both_lock_files_have_the_same_versions() -> None:
    assert pins(ROOT / "requirements.lock").items() <= pins(ROOT / "requirements-dev.lock").items()


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_package_of_a_lock_file_has_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / f"{name}.lock").read_text())[1:]
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []

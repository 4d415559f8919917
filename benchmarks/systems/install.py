"""Installs the load generator and the peers, each with its locked versions into a folder of its own."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.systems.folders import HOME

_STAMP = "installed"


class InstallFailed(Exception):
    """A peer could not be installed. The text has the end of the installer's output."""


def install_python(name: str, lock: Path) -> Path:
    """Make the virtual environment ``name`` with what ``lock`` lists, unless it is there. Return its ``bin`` folder."""
    folder = HOME / name
    if not _is_current(folder, [lock]):
        print(f"Installing {name} into {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", str(lock)])
        _note(folder, [lock])
    return folder / "bin"


def install_node(name: str, source: Path) -> Path:
    """Copy the scripts in ``source`` and install what they need beside them, unless it is there. Return the folder.

    Scripts are copied each time, because node looks for packages beside the file that imports them.
    """
    folder = HOME / name
    locks = [source / "package.json", source / "package-lock.json"]
    if not _is_current(folder, locks):
        if not shutil.which("npm"):
            raise InstallFailed(f"{name} needs node 18 or newer, and npm")
        print(f"Installing {name} into {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for lock in locks:
            shutil.copy(lock, folder)
        _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
        _note(folder, locks)
    for script in source.glob("*.js"):
        shutil.copy(script, folder)
    return folder


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise InstallFailed(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def _sum_of(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _is_current(folder: Path, locks: Iterable[Path]) -> bool:
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == _sum_of(locks)


def _note(folder: Path, locks: Iterable[Path]) -> None:
    (folder / _STAMP).write_text(_sum_of(locks))

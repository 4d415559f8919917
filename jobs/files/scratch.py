"""Scratch folders of runs. A run holds a lock on its folder, so a dead process left a folder without a lock.

The kernel holds the lock: it ends with the process, in whatever way that ends, and every container that shares the
folder sees it.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from jobs.contract.registry import all_handlers

_PREFIX = "run-"
_DEAD_AFTER_SECONDS = 60.0
"""The age below which an unlocked folder is left alone: it is created a moment before it is locked."""
_OLD_SECONDS = 24 * 3600.0


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder, lock it during the block, and delete it afterwards."""
    settings.STREAMER_SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_PREFIX, dir=settings.STREAMER_SCRATCH_DIR, ignore_cleanup_errors=True) as name:
        descriptor = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(descriptor)


def dead_folders(*, overdue_seconds: float = 0.0) -> list[Path]:
    """List the folders of runs on this host that no process holds and that are at least a minute old, and overdue."""
    youngest = _DEAD_AFTER_SECONDS + overdue_seconds
    return [path for path in _entries() if path.name.startswith(_PREFIX) and _is_dead(path, youngest)]


def old_entries() -> list[Path]:
    """List the entries older than a day and than the longest time that a handler may take."""
    longest = max([_OLD_SECONDS, *(one.timeout_seconds for one in all_handlers().values())])
    return [path for path in _entries() if _age_seconds(path) > longest]


def delete(paths: list[Path]) -> int:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return len(paths)


def _entries() -> list[Path]:
    folder = settings.STREAMER_SCRATCH_DIR
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_dead(path: Path, youngest_seconds: float) -> bool:
    if _age_seconds(path) < youngest_seconds:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True

"""The data folder of a stack, and the lock that keeps it to one stack at a time."""

import fcntl
import os
import shutil
import stat
import time
from pathlib import Path

LOCK_FILE = "stack.lock"
# After a SIGKILL the keeper holds the lock until the last process has ended: its own grace, and a little.
_WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.1


class AlreadyRunning(Exception):
    """Another stack uses the folder."""

    def __init__(self, folder: Path, pid: int, url: str) -> None:
        where = f", at {url}" if url else ""
        super().__init__(f"A stack is already running on {folder} (process {pid}{where}).")
        self.pid = pid
        self.url = url


class DataFolder:
    """``with DataFolder(path) as folder``: the folder exists and is this stack's alone. Raises ``AlreadyRunning``."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._descriptor = -1

    def __enter__(self) -> "DataFolder":
        self.lock()
        return self

    def __exit__(self, *_: object) -> None:
        self.unlock()

    def fileno(self) -> int:
        """Return the locked file's descriptor. A process that inherits it holds the lock too."""
        return self._descriptor

    def lock(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self._close_to_others()
        self._descriptor = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self._try_lock():
            pid, url = self._read_owner()
            if _is_alive(pid) or time.monotonic() > deadline:
                os.close(self._descriptor)
                self._descriptor = -1
                raise AlreadyRunning(self.path, pid, url)
            time.sleep(_POLL_SECONDS)
        self.note_owner()

    def note_owner(self, url: str = "") -> None:
        """Record the owner of the folder, for the error message of the next stack."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()} {url}".encode(), 0)

    def unlock(self) -> None:
        """Release the folder. Without effect when it is free."""
        if self._descriptor != -1:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def wipe(self) -> None:
        """Remove everything in the folder but the lock."""
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK_FILE:
                entry.unlink()

    def _close_to_others(self) -> None:
        """Close a folder that an earlier release left open to all, unless its sticky bit says that others share it."""
        status = self.path.stat()
        if status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX:
            self.path.chmod(status.st_mode & 0o777 & ~_current_umask())

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read_owner(self) -> tuple[int, str]:
        pid, _, url = os.pread(self._descriptor, 1024, 0).decode().partition(" ")
        return int(pid or 0), url


def read_owner(folder: Path) -> tuple[int, str]:
    """Return the process id and the URL of the stack that runs on the folder; 0 and "" without one."""
    try:
        pid, _, url = (folder / LOCK_FILE).read_text().partition(" ")
    except OSError:
        return 0, ""
    return (int(pid), url) if pid and _is_alive(int(pid)) else (0, "")


def _current_umask() -> int:
    """Return the umask, which the system only tells to who sets it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _is_alive(pid: int) -> bool:
    if not pid:  # the owner is not recorded yet, or is releasing the folder
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

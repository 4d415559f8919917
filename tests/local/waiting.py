"""Waiting for things that other processes do: poll for the condition, up to a deadline."""

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

DEADLINE_SECONDS = 20.0
T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Return the first true value of ``condition``. Fails the test when there is none before the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def is_up(port: int) -> bool:
    """Return True if a web process answers at the port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def is_alive(pid: int) -> bool:
    """Return True if the process runs. One that has ended and was not reaped yet (a zombie) does not."""
    return any(pid == found for found, _, _ in _living())


def living_in_group(group: int) -> list[int]:
    return [pid for pid, found, _ in _living() if found == group]


def children_of(parent: int) -> list[int]:
    return [pid for pid, _, found in _living() if found == parent]


def _living() -> list[tuple[int, int, int]]:
    """List the process, group and parent ids of all running processes."""
    command = ["ps", "-A", "-o", "pid=,pgid=,ppid=,stat="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [(int(pid), int(group), int(parent)) for pid, group, parent, state in rows if not state.startswith("Z")]

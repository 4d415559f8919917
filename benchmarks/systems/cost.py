"""The costs of running processes, read from ``/proc``: processor time and memory, children included. Linux alone."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_GONE = (FileNotFoundError, ProcessLookupError)


def _fields(pid: int) -> list[str]:
    """Return what ``/proc/PID/stat`` says after the name: status, parent …"""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def family(roots: Iterable[int]) -> set[int]:
    """Return the processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(*_GONE):
                children.setdefault(int(_fields(int(entry.name))[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, ())
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the processor time of the processes and their descendants, with that of children that have ended.

    A child's time goes to its parent when it ends, so the sum only grows. The kernel counts in steps of 10 ms.
    """
    ticks = 0
    for pid in family(roots):
        with suppress(*_GONE):
            ticks += sum(map(int, _fields(pid)[11:15]))
    return ticks / _TICKS


def memory_mb(roots: Iterable[int]) -> float:
    """Return the memory of the processes and their descendants in MB. What several share counts once."""
    kib = 0
    for pid in family(roots):
        with suppress(*_GONE, PermissionError):
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1024 / 1e6


def servers_named(name: str) -> list[int]:
    """Return the processes called ``name`` whose parent is not, such as the first one of a database server."""
    named: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(*_GONE):
                if (entry / "comm").read_text().strip() == name:
                    named[int(entry.name)] = int(_fields(int(entry.name))[1])
    return [pid for pid, parent in named.items() if parent not in named]


def own_cpu_seconds(pid: int) -> float:
    """Return the processor time of all threads of one process, without its children, to the nanosecond."""
    # The number of a process's clock, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime((~pid << 3) | 2)


def own_memory_kib(pid: int) -> int:
    """Return the memory that one process alone has in use."""
    (line,) = (line for line in (_PROC / str(pid) / "status").read_text().splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1])

"""The memory of processes of this host, as Linux tells it."""

from collections.abc import Iterable
from pathlib import Path


def memory_bytes(pids: Iterable[int]) -> int | None:
    """Sum up the memory of processes. A page that several share counts for each in parts. None: Linux does not tell."""
    sizes = [size for pid in pids if (size := _proportional_bytes(pid)) is not None]
    return sum(sizes) if sizes else None


def _proportional_bytes(pid: int) -> int | None:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:  # it has ended, or this is not Linux
        return None
    return None

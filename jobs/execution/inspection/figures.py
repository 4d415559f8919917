"""Memory and CPU of a process, as Linux tells them. Other systems tell nothing here."""

import os
import time
from dataclasses import dataclass
from typing import Any, Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STATES: Final = {
    **{"R": "running", "S": "waiting", "D": "waiting for a disk", "T": "stopped", "t": "traced"},
    **{"Z": "ended", "X": "ended", "I": "idle"},
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Memory and CPU of a process."""

    pid: int
    memory_bytes: int
    """Its memory, with the part that it shares with its parent."""
    cpu_seconds: float
    """Since its start."""
    cpu_percent: float
    """Of one core: since the last look, or since its start."""
    threads: int
    state: str

    def as_json(self) -> dict[str, Any]:
        return vars(self)


class Gauge:
    """Looks at one process after another, and remembers the last look for the CPU since then."""

    def __init__(self) -> None:
        self._last: tuple[int, float, float] | None = None

    def look(self, pid: int) -> Figures | None:
        """Return the figures of the process; None when there is none, or the system does not tell."""
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                # The name of the program stands in brackets, and may have any character.
                fields = stat.read().rpartition(")")[2].split()
            with open("/proc/uptime", encoding="ascii") as uptime:
                up_seconds = float(uptime.read().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        now, cpu = time.monotonic(), (int(fields[11]) + int(fields[12])) / _TICKS
        seconds, used = up_seconds - int(fields[19]) / _TICKS, cpu
        if self._last is not None and self._last[0] == pid and now - self._last[1] > 0.2:
            seconds, used = now - self._last[1], cpu - self._last[2]
        if self._last is None or self._last[0] != pid or now - self._last[1] > 0.2:
            self._last = (pid, now, cpu)
        return Figures(
            pid=pid,
            memory_bytes=int(fields[21]) * _PAGE_BYTES,
            cpu_seconds=cpu,
            cpu_percent=max(0.0, 100 * used / seconds) if seconds > 0 else 0.0,
            threads=int(fields[17]),
            state=_STATES.get(fields[0], fields[0]),
        )

"""Runs the processes of a stack: starts them, finds them by name, stops them in order."""

import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from streamer_site.local.keeper import Keeper
from streamer_site.local.process import Output, Process, Program


class Supervisor:
    """The processes by name. None of them outlives ``close``, or the death of this process."""

    def __init__(self, log_dir: Path, output: Output, inherit: Iterable[int] = ()) -> None:
        """Create a supervisor. The keeper holds the descriptors ``inherit`` until the last process has ended."""
        self.processes: dict[str, Process] = {}
        self._log_dir = log_dir
        self._output = output
        self._lock = threading.Lock()
        self._keeper = Keeper(inherit)

    def add(self, program: Program) -> Process:
        """Start a program, replacing an ended one of the same name."""
        log = self._log_dir / f"{program.name}.log"
        process = Process(program, keeper=self._keeper, lock=self._lock, log=log, output=self._output)
        self.processes[program.name] = process
        process.start()
        return process

    def named(self, name: str) -> list[Process]:
        """Find the process ``name``, or all of a kind: "worker" finds "worker-1", "worker-2" …"""
        found = [process for key, process in self.processes.items() if key == name or key.startswith(f"{name}-")]
        if not found:
            raise KeyError(f"no process is called '{name}'; there are: {', '.join(self.processes)}")
        return found

    def failing(self, failures: int = 1) -> list[Process]:
        """List the processes that ended soon after their start, at least ``failures`` times in a row."""
        return [process for process in self.processes.values() if process.failures >= failures]

    def hurry(self) -> None:
        """Have a running stop kill at once. A signal handler may call it."""
        for process in self.processes.values():
            if not process.program.is_base:
                process.kill()

    def close(self) -> list[str]:
        """Stop everything: first the processes that depend on others, then the others, then the keeper.

        Returns the names of those that did not end within their grace and were killed.
        """
        killed: list[str] = []
        for is_base in (False, True):
            killed += self.stop([one for one in self.processes.values() if one.program.is_base is is_base])
        self._keeper.close()
        return killed

    def stop(self, processes: Iterable[Process], signum: int = signal.SIGTERM) -> list[str]:
        """Send the signal to all at once, and SIGKILL to each whose grace is over. Return those that were killed."""
        stopping = list(processes)
        for process in stopping:
            process.halt(signum)
        started_at = time.monotonic()
        killed = []
        for process in stopping:
            left = started_at + process.program.grace_seconds - time.monotonic()
            if not process.join(max(0.0, left)):
                killed.append(process.program.name)
        return killed

"""One supervised process: started, logged, and started again when it ends."""

import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from streamer_site.local.keeper import Keeper, signal_group

Output = Callable[[str, str], None]
"""A function that is called with a process's name and a line of its output, on that process's own thread."""

STEADY_SECONDS = 10.0
"""The seconds after which a process has started well; a shorter life counts as a failure."""
FAILURES_TO_TELL = 3
"""The number of failures in a row from which the notice shows the end of the log."""
_FIRST_PAUSE_SECONDS = 0.25
_MAX_PAUSE_SECONDS = 4.0
# A program that ends by itself, again and again, will most likely do so until somebody mends something.
_MAX_PAUSE_OF_FAILING_SECONDS = 30.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# The shell waits for a line before it becomes the program. So the keeper knows the process before the program starts,
# and if the supervisor is killed at that moment, the line never comes and the shell ends.
GATE = ("/bin/sh", "-c", 'read -r go && exec "$@" </dev/null', "sh")


@dataclass(frozen=True, kw_only=True)
class Program:
    """The program to run."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment."""
    cwd: Path
    inherit: tuple[int, ...] = ()
    """The descriptors that the process gets, such as a listening socket."""
    grace_seconds: float = 10.0
    """Seconds from SIGTERM to SIGKILL."""
    is_base: bool = False
    """True: the others need it, so it is stopped after they have ended."""


class Process:
    """A process that keeps one program running from ``start`` until ``halt``; safe to use from several threads."""

    def __init__(self, program: Program, *, keeper: Keeper, lock: threading.Lock, log: Path, output: Output) -> None:
        """Create a process. ``lock`` guards ``keeper``, which all processes share."""
        self.program = program
        self.tail: deque[str] = deque(maxlen=20)
        """The last lines it wrote."""
        self.failures = 0
        """The number of times in a row that it ended within ``STEADY_SECONDS`` of its start."""
        self._keeper = keeper
        self._lock = lock
        self._log = log
        self._output = output
        self._halted = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=f"watch-{program.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """Return the process id; None between an end and the next start."""
        child = self._child
        return child.pid if child and child.returncode is None else None

    def start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.1"))
        self._thread.start()

    def send(self, signum: int) -> None:
        """Send a signal. The process is started again if the signal ends it."""
        if self._child:
            self._child.send_signal(signum)

    def halt(self, signum: int = signal.SIGTERM) -> None:
        """Ask it to end, and do not start it again. ``join`` waits for the end."""
        with self._lock:  # no new child starts after this
            self._halted.set()
        self.send(signum)

    def kill(self) -> None:
        """Send SIGKILL to its process group. Takes no lock, so that a signal handler may call it."""
        if pid := self.pid:
            signal_group(pid, signal.SIGKILL)

    def join(self, seconds: float) -> bool:
        """Wait for the end, and kill after ``seconds``. Return False when it had to be killed."""
        self._thread.join(seconds)
        if not self._thread.is_alive():
            return True
        self.kill()
        self._thread.join()
        return False

    def _keep_running(self) -> None:
        while not self._halted.is_set():
            started_at = time.monotonic()
            status = self._run_once()
            if self._halted.is_set():
                return
            steady = time.monotonic() - started_at >= STEADY_SECONDS
            self.failures = 0 if steady else self.failures + 1
            pause = _pause_seconds(self.failures, was_killed=status < 0)
            self._tell_end(status, pause)
            self._halted.wait(pause)

    def _run_once(self) -> int:
        with self._lock:
            if self._halted.is_set():
                return 0
            child = self._child = self._spawn()
            self._keeper.watch(child.pid)
        reader = threading.Thread(target=self._read, args=(child,), name=f"read-{self.program.name}", daemon=True)
        reader.start()
        _open_gate(child)
        status = child.wait()
        signal_group(child.pid, signal.SIGKILL)  # processes that it left behind
        with self._lock:
            self._keeper.forget(child.pid)
        reader.join(1)  # with a limit, because a grandchild in a session of its own may still hold the pipe
        return status

    def _spawn(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*GATE, *self.program.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(self.program.env),
            cwd=self.program.cwd,
            pass_fds=self.program.inherit,
            start_new_session=True,
        )

    def _read(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        with child.stdout, self._log.open("ab", buffering=0) as log:
            for line in child.stdout:
                plain = _COLOURS.sub("", line.rstrip("\n"))
                self.tail.append(plain)
                # On a full disk the line is lost. A child whose lines nobody reads would stop at one.
                with suppress(OSError):
                    log.write(f"{plain}\n".encode())
                self._output(self.program.name, line.rstrip("\n"))

    def _tell_end(self, status: int, pause: float) -> None:
        when = f"in {pause:.1f} s" if pause >= 1 else "at once"
        notice = f"{self.program.name} ended ({describe_status(status)}); it is started again {when}"
        if self.failures >= FAILURES_TO_TELL:
            log_end = "\n".join(f"    {line}" for line in list(self.tail)[-8:]) or "    (nothing)"
            notice = f"{notice}. It failed {self.failures} times in a row; its log {self._log} ends with:\n{log_end}"
        for line in notice.splitlines():
            self._output("streamer", line)


def _open_gate(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write("go\n")
        child.stdin.close()
    except BrokenPipeError:
        pass  # it was killed before the program started; its status will say so


def _pause_seconds(failures: int, *, was_killed: bool) -> float:
    """Return the pause before the next start: 0 after a steady life, then doubling."""
    most = _MAX_PAUSE_SECONDS if was_killed else _MAX_PAUSE_OF_FAILING_SECONDS
    return min(most, _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 20)) if failures else 0.0


def describe_status(status: int) -> str:
    """Describe an exit status for people: "exit status 1", "SIGKILL"."""
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name


def end_of_log(process: Process) -> str:
    """Return the name of the process and the end of its log."""
    lines = "\n".join(f"  {line}" for line in process.tail) or "  (it wrote nothing)"
    return f"The log of {process.program.name} ends with:\n{lines}"

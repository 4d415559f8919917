"""Installs a lock file with pip, and shows how far that is: ``python -m streamer_site.local.install LOCK_FILE``.

On a terminal a bar moves; elsewhere there is a line now and then. It runs before anything is installed, so it needs
the standard library alone.
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from jobs.formatting import format_duration

_PIP = (
    *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
    *("--root-user-action", "ignore", "--require-hashes", "-r"),
)
_DRAW_SECONDS = 0.1
_BAR_WIDTH = 24
_PLAIN_STEP = 20
_TOLD_ON_FAILURE = 20


@dataclass
class State:
    """The work of pip so far, as its lines tell."""

    packages: int
    """The packages of the lock file that this system needs."""
    fetched: int = 0
    doing: str = "Reading the list"
    installing: bool = False
    """True from the moment when all are fetched."""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_TOLD_ON_FAILURE))

    def take(self, line: str) -> None:
        """Record one line of pip."""
        self.lines.append(line)
        word, _, rest = line.strip().partition(" ")
        if word == "Ignoring":
            self.packages -= 1
        elif word == "Collecting" or line.startswith("Requirement already satisfied"):
            self.fetched += 1
            self.doing = f"Fetching {_name(rest.removeprefix('already satisfied: '))}"
        elif word == "Downloading":
            self.doing = f"Downloading {_name(rest)} {_size(rest)}".rstrip()
        elif line.startswith("Installing collected packages"):
            self.installing = True
            self.packages, self.doing = rest.count(",") + 1, "Unpacking"


def count_packages(lock_file: Path) -> int:
    """Count the packages that a lock file pins."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", lock_file.read_text(), re.MULTILINE))


def install(lock_file: Path, output: TextIO) -> int:
    """Run pip. Return its exit status. Its own words are shown only if it fails."""
    started_at = time.monotonic()
    state, show = State(count_packages(lock_file)), _Bar(output) if output.isatty() else _Lines(output)
    unpacked = _Unpacked()
    lines: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(
        [*_PIP, str(lock_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as pip:
        threading.Thread(target=_read, args=(pip, lines), daemon=True).start()
        while True:
            seconds = time.monotonic() - started_at
            done = unpacked.count() if state.installing else state.fetched
            show(state, min(done, state.packages), seconds)
            try:
                line = lines.get(timeout=_DRAW_SECONDS)
            except queue.Empty:
                continue
            if line is None:
                break
            state.take(line)
    show.end()
    if pip.returncode:
        print("\n".join(state.lines), file=sys.stderr)
    else:
        what = f"{state.packages} packages installed" if state.installing else "Nothing new to install"
        print(f"{what} in {format_duration(time.monotonic() - started_at)}", file=output, flush=True)
    return pip.returncode


class _Unpacked:
    """The packages that were put into the environment since this began."""

    def __init__(self) -> None:
        self._folder = Path(sysconfig.get_path("purelib"))
        self._before = self._found()

    def count(self) -> int:
        return len(self._found() - self._before)

    def _found(self) -> set[str]:
        return {path.name for path in self._folder.glob("*.dist-info")}


class _Bar:
    """A line on a terminal that is written over and over."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        no_colour = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self._colour, self._plain = ("", "") if no_colour else ("\x1b[36m", "\x1b[0m")

    def __call__(self, state: State, done: int, seconds: float) -> None:
        full = _BAR_WIDTH * done // max(state.packages, 1)
        count = f"{done:>3} of {state.packages}"
        words = f"  {count}  {state.doing}  {format_duration(round(seconds))}"
        room = max(shutil.get_terminal_size().columns - _BAR_WIDTH - 1, 0)
        bar = f"{self._colour}{'━' * full}{self._plain}{' ' * (_BAR_WIDTH - full)}"
        self._output.write(f"\r{bar}{words[:room]}\x1b[K")
        self._output.flush()

    def end(self) -> None:
        self._output.write("\r\x1b[K")
        self._output.flush()


class _Lines:
    """A line for every so many packages, for logs."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._shown = (False, 0)

    def __call__(self, state: State, done: int, seconds: float) -> None:
        shown = (state.installing, done // _PLAIN_STEP)
        if shown != self._shown:
            self._shown = shown
            word = "unpacked" if state.installing else "fetched"
            print(f"  {done} of {state.packages} {word}", file=self._output, flush=True)

    def end(self) -> None:
        """Do nothing: no line is open."""


def _read(pip: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert pip.stdout is not None
    for line in pip.stdout:
        lines.put(line.rstrip("\n"))
    lines.put(None)


def _name(text: str) -> str:
    """Return the name at the start of a requirement, or of the file of a wheel."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-(?!\d)[A-Za-z0-9_.]+)*", text.split()[0].rpartition("/")[2])
    return found[0] if found else ""


def _size(text: str) -> str:
    """Return the size that pip writes behind the name of a file, or an empty text."""
    found = re.search(r"\(([\d.]+ [kMG]?B)\)", text)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1]), sys.stdout))

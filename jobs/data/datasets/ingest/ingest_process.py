"""Ingests a file in a process of its own.

C code reads files of strangers. A crash or a leak of it stays in that process, which has limits of memory, time and
disk and no environment. All that goes in or out of it lies in files, so neither side ever waits for the other to read.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from jobs.data.datasets.failures import DatasetError, InvalidName, QuotaExceeded, TooLarge, Unreadable
from jobs.data.datasets.outcome import Ingested, Options
from jobs.data.process_limits import DISK_FULL, ENVIRONMENT, ROOT

_LOOK_SECONDS = 0.25
_LOG_BYTES = 4_000
_TYPES = {one.__name__: one for one in (DatasetError, InvalidName, QuotaExceeded, TooLarge, Unreadable)}
# Libraries end the process like this when an allocation fails; the last one is our own limit where there is no other.
_NO_MEMORY = {-signal.SIGABRT, -signal.SIGKILL}
_NO_TIME = {-signal.SIGXCPU}


class IngestFailed(Exception):
    """The process ended without an outcome: a bug or a crash. The text is for the log."""


class GivenUp(Exception):
    """The ingest was stopped, because ``is_wanted`` said that nobody waits for it any more."""


def ingest_in_process(
    path: Path, scratch_dir: Path, options: Options, is_wanted: Callable[[], bool] = lambda: True
) -> Ingested:
    """Do as ``ingest``, within the limits of a process. Blocks, so call it off the event loop.

    Raises ``OSError`` with ``ENOSPC`` when the disk is full.
    """
    asked, answer, log = (scratch_dir / name for name in ("asked", "answer", "log"))
    asked.write_text(json.dumps({"path": str(path), "scratch_dir": str(scratch_dir), "options": asdict(options)}))
    with asked.open("rb") as source, answer.open("wb") as target, log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.data.datasets.ingest.conversion"],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=source,
            stdout=target,
            stderr=errors,
        )
        with process:
            try:
                _wait(process, options.seconds, is_wanted)
            finally:
                process.kill()
    if process.returncode == DISK_FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if process.returncode != 0:
        raise _failure(process.returncode, options, log)
    return _understood(json.loads(answer.read_bytes()))


def _wait(process: "subprocess.Popen[bytes]", seconds: float, is_wanted: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        try:
            process.wait(_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            if not is_wanted():
                raise GivenUp from None
    raise _too_slow(seconds)


def _failure(code: int, options: Options, log: Path) -> Exception:
    if code in _NO_MEMORY:
        return Unreadable(
            f"The file needs more memory than it may use ({options.memory} and some). Of a workbook, all cells from "
            "the first to the last count, even empty ones: delete what stands far away from the table"
        )
    if code in _NO_TIME:
        return _too_slow(options.seconds)
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_BYTES))
        return IngestFailed(f"the process ended with {code}: {file.read().decode(errors='replace')}")


def _too_slow(seconds: float) -> Unreadable:
    return Unreadable(f"The file took longer to read than its limit of {seconds:g} seconds")


def _understood(answer: dict[str, dict[str, object]]) -> Ingested:
    if error := answer.get("error"):
        made = DatasetError.__new__(_TYPES[str(error["type"])])
        DatasetError.__init__(made, str(error["message"]), error["details"])  # type: ignore[arg-type]
        raise made
    return Ingested(**answer["ingested"])  # type: ignore[arg-type]

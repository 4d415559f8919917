"""Ingests a file in a process of its own.

C code reads files of strangers. A crash or a leak of it stays in that process, and the server needs little memory.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import jobs
from jobs.data.datasets.failures import DatasetError, InvalidName, QuotaExceeded, TooLarge, Unreadable
from jobs.data.datasets.outcome import Ingested, Options

_ROOT = Path(jobs.__file__).resolve().parent.parent
_LOOK_SECONDS = 0.25
_MAX_SECONDS = 1800.0
_AT_ONCE = 2
_TYPES = {one.__name__: one for one in (DatasetError, InvalidName, QuotaExceeded, TooLarge, Unreadable)}
_turns = threading.BoundedSemaphore(_AT_ONCE)


class IngestFailed(Exception):
    """The process ended without an outcome: a bug or a crash. The text is for the log."""


class GivenUp(Exception):
    """The ingest was stopped, because ``is_wanted`` said that nobody waits for it any more."""


def ingest_in_process(
    path: Path, scratch_dir: Path, options: Options, is_wanted: Callable[[], bool] = lambda: True
) -> Ingested:
    """Do as ``ingest``, at most two at once per process. Blocks, so call it off the event loop."""
    while not _turns.acquire(timeout=_LOOK_SECONDS):
        if not is_wanted():
            raise GivenUp
    try:
        return _run(path, scratch_dir, options, is_wanted)
    finally:
        _turns.release()


def _run(path: Path, scratch_dir: Path, options: Options, is_wanted: Callable[[], bool]) -> Ingested:
    asked = json.dumps({"path": str(path), "scratch_dir": str(scratch_dir), "options": asdict(options)})
    command = [sys.executable, "-m", "jobs.data.datasets.ingest.conversion"]
    with (scratch_dir / "log").open("w+b") as log:
        process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        with process:
            try:
                answer = _answer(process, asked.encode(), is_wanted)
            finally:
                process.kill()
        if process.returncode != 0 and not answer:
            log.seek(0)
            tail = log.read()[-4000:].decode(errors="replace")
            raise IngestFailed(f"the process ended with {process.returncode}: {tail}")
    return _understood(json.loads(answer))


def _answer(process: "subprocess.Popen[bytes]", asked: bytes | None, is_wanted: Callable[[], bool]) -> bytes:
    waited = 0.0
    while waited < _MAX_SECONDS:
        try:
            return process.communicate(asked, timeout=_LOOK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            # Called again, it continues, loses nothing, and takes no more input.
            asked, waited = None, waited + _LOOK_SECONDS
        if not is_wanted():
            raise GivenUp
    raise DatasetError(f"The file took longer than {_MAX_SECONDS / 60:.0f} minutes to read")


def _understood(answer: dict[str, dict[str, object]]) -> Ingested:
    if error := answer.get("error"):
        made = DatasetError.__new__(_TYPES[str(error["type"])])
        DatasetError.__init__(made, str(error["message"]), error["details"])  # type: ignore[arg-type]
        raise made
    return Ingested(**answer["ingested"])  # type: ignore[arg-type]

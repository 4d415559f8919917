"""The limits of a process that works on what strangers sent. Needs no Django.

Such a process gets no environment, so it holds no secret. It ends when it exceeds a limit, and with its parent.
"""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

import jobs

ROOT = Path(jobs.__file__).resolve().parent.parent
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
"""The whole environment of the process."""
DISK_FULL = 74
"""The exit code of a process for which the disk had no room (``EX_IOERR`` of sysexits.h)."""
_IS_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.1
# The kernel of macOS counts in bytes, others in KiB.
_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def limit_this_process(
    *, memory_bytes: int, processor_seconds: float | None = None, file_bytes: int | None = None
) -> None:
    """Limit memory, the time on all processors, and the size of each written file. Forbid core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processor_seconds is not None:
        seconds = int(processor_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    if _IS_LINUX:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        # Other systems take a limit of memory and do not keep it.
        threading.Thread(target=end_above, args=(memory_bytes,), daemon=True).start()


def end_above(memory_bytes: int) -> None:
    """Measure this process ten times a second, and kill it when it takes more memory. Blocks."""
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT_BYTES <= memory_bytes:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)

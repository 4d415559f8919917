"""The work of one request, the same in every peer: steps that each report, then wait, or hash some memory."""

import hashlib
import time
from collections.abc import Iterator
from typing import Any

_MIB = bytes(1024 * 1024)


def hash_memory(mib: int) -> None:
    """Keep a processor busy with ``mib`` MiB."""
    digest = hashlib.sha256()
    for _ in range(mib):
        digest.update(_MIB)


def percentages(payload: dict[str, Any]) -> Iterator[float]:
    """Do the work. Yield the percentage at each step, before its pause, to be reported at once."""
    steps, seconds = payload["steps"], payload["seconds"]
    started = time.monotonic()
    for step in range(steps):
        yield 100 * step / steps
        hash_memory(payload["hash_mib"])
        time.sleep(max(0.0, started + seconds * (step + 1) / steps - time.monotonic()))

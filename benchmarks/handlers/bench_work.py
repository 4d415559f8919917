"""The work of one request, the same as in every peer: steps that each report, then wait, or hash some memory."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from jobs.handler import Context, Handler, Payload

_MIB = bytes(1024 * 1024)


class BenchWorkPayload(Payload):
    steps: int = Field(default=20, ge=1, le=10_000)
    seconds: float = Field(default=0.1, ge=0, le=600)
    hash_mib: int = Field(default=0, ge=0, le=1_000)
    every: bool = False


class BenchWork(Handler[BenchWorkPayload]):
    """Report each step with its time."""

    action = "bench_work"
    # Even a short one goes to a worker.
    estimated_seconds = 6.0

    def run(self, payload: BenchWorkPayload, context: Context) -> Mapping[str, Any]:
        started = time.monotonic()
        for step in range(payload.steps):
            # A change of stage is never held back.
            stage = {"stage": f"step {step + 1}"} if payload.every else {}
            context.report(100 * step / payload.steps, "", sent_at=time.time(), **stage)
            _hash_memory(payload.hash_mib)
            time.sleep(max(0.0, started + payload.seconds * (step + 1) / payload.steps - time.monotonic()))
        return {"steps": payload.steps}


def _hash_memory(mib: int) -> None:
    digest = hashlib.sha256()
    for _ in range(mib):
        digest.update(_MIB)

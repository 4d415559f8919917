"""Wait for a given time and report each step, to try out progress, cancel and retries."""

import time
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from jobs.handler import Context, Handler, Payload, Result

_CHECK_SECONDS = 0.1


class DelayPayload(Payload):
    seconds: float = Field(default=10, ge=0, le=600, title="Seconds", description="The total time to wait.")
    steps: int = Field(default=10, ge=1, le=10_000, title="Steps", description="The number of progress reports.")


class DelayResult(Result):
    steps: int
    seconds: float
    """The seconds that it waited, in all attempts together."""


class Delay(Handler[DelayPayload]):
    """Wait for a given time and report each step."""

    action = "delay"
    group = "Service"
    result_model = DelayResult

    def estimate(self, payload: DelayPayload) -> float:
        # Even a short one goes to a worker, because it is there to try out queued requests.
        return max(payload.seconds, 6.0)

    def run(self, payload: DelayPayload, context: Context) -> Mapping[str, Any]:
        done = context.resume_state or {"steps": 0, "seconds": 0.0}
        started = time.monotonic() - done["seconds"]  # as if this attempt had done the earlier steps too
        for step in range(done["steps"], payload.steps):
            context.report(100 * step / payload.steps, f"Step {step + 1} of {payload.steps}", step=step + 1)
            _wait_until(started + payload.seconds * (step + 1) / payload.steps, context)
            context.checkpoint({"steps": step + 1, "seconds": time.monotonic() - started})
        return {"steps": payload.steps, "seconds": round(time.monotonic() - started, 3)}


def _wait_until(moment: float, context: Context) -> None:
    while (left := moment - time.monotonic()) > 0:
        context.check()
        time.sleep(min(left, _CHECK_SECONDS))

"""``chaos_steps`` sums numbers in steps and reports each: work that can be cut off anywhere.

Each of its messages has ``run_by``, its attempt. So a message of an attempt that had lost the request can be detected:
the log would have it under another attempt.
"""

import time
from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, Payload


class StepsPayload(Payload):
    steps: int = 20
    seconds: float = 1.0
    """The least seconds of a run; a step that is done early waits for the rest of its time."""


class Steps(Handler[StepsPayload]):
    """Add up 1, 2, 3 …, one number a step."""

    action = "chaos_steps"
    estimated_seconds = 6.0

    def run(self, payload: StepsPayload, context: Context) -> Mapping[str, Any]:
        started, total = time.monotonic(), 0
        for step in range(1, payload.steps + 1):
            total += step
            context.report(100 * step / payload.steps, f"{step} of {payload.steps}", run_by=context.attempt)
            left = started + payload.seconds * step / payload.steps - time.monotonic()
            time.sleep(max(0.0, left))
        return {"total": total, "run_by": context.attempt}

"""A request with as many events as asked for, to be read again later."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from jobs.handler import Context, Handler, Payload


class BenchEventsPayload(Payload):
    events: int = Field(default=1_000, ge=2, le=100_000)


class BenchEvents(Handler[BenchEventsPayload]):
    """Make a number of events."""

    action = "bench_events"
    # Even a short one goes to a worker.
    estimated_seconds = 6.0

    def run(self, payload: BenchEventsPayload, context: Context) -> Mapping[str, Any]:
        # The first event says that it started, and the last that it is complete. Partial results are never thinned.
        for number in range(payload.events - 2):
            context.partial({"number": number, "message": f"Row {number + 1} of {payload.events} is done"})
        return {"events": payload.events}

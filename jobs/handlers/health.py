"""Check that the database, Redis, the workers, the sweeper and the scratch folder are there."""

from collections.abc import Mapping
from typing import Any, Literal

from jobs.handler import Context, Handler, NoPayload, Result, probe_services


class Part(Result):
    """The probe of one part. Some parts have figures of their own."""

    ok: bool
    milliseconds: float
    fault: str | None = None
    """The kind of the error; only where the probe failed."""


class DatabasePart(Part):
    vendor: str | None = None


class WorkersPart(Part):
    alive: int | None = None
    queues_without_worker: list[str] | None = None


class SweeperPart(Part):
    alive: int | None = None


class Parts(Result):
    database: DatabasePart
    redis: Part
    workers: WorkersPart
    sweeper: SweeperPart
    folder: Part | None = None


class HealthResult(Result):
    status: Literal["ok", "degraded", "down"]
    """Degraded: requests are kept but wait. Down: nothing can be accepted."""
    parts: Parts
    circuits: dict[str, Literal["closed", "open", "half_open"]]
    """The circuit breakers of the process that answered."""


class Health(Handler[NoPayload]):
    """Check that all parts of the service are alive."""

    action = "health"
    group = "Service"
    result_model = HealthResult
    estimated_seconds = 0.1

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return probe_services()

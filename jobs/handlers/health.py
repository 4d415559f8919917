"""Check that the database, Redis, the workers and the sweeper are there."""

from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, NoPayload, probe_services


class Health(Handler[NoPayload]):
    """Check that all parts of the service are alive."""

    action = "health"
    estimated_seconds = 0.1

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return probe_services()

"""Health endpoints for the programs that start and watch the web process."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.metrics.faults.finding import find_faults
from jobs.metrics.faults.look import take_look
from jobs.queue.health.probes import probe_services
from realtime.database import in_database
from realtime.http.monitoring.metrics import has_metrics_token
from realtime.http.responses import json_response
from realtime.shared import drain


@csrf_exempt
@require_safe
async def liveness(request: HttpRequest) -> HttpResponse:
    """Answer ``GET /healthz``: the process runs."""
    return json_response({"status": "ok"})


@csrf_exempt
@require_safe
async def readiness(request: HttpRequest) -> HttpResponse:
    """Answer ``GET /readyz``: 200 when requests can be accepted. It names no version and no host.

    Who has the token of the metrics is also told of the faults, which the overview of the admin shows.
    """
    if drain().begun:
        return json_response({"status": "draining"}, 503)
    told = await in_database(_with_faults if has_metrics_token(request) else _health)
    return json_response(told, 503 if told["status"] == "down" else 200)


def _health() -> dict[str, Any]:
    return _told(probe_services())


def _with_faults() -> dict[str, Any]:
    look = take_look()
    return {**_told(look.health), "faults": [fault.as_json() for fault in find_faults(look)]}


def _told(health: Mapping[str, Any]) -> dict[str, Any]:
    parts = {name: part["ok"] for name, part in health["parts"].items()}
    return {"status": health["status"], "parts": parts, "circuits": health["circuits"]}

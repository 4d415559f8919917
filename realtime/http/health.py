"""Health endpoints for the programs that start and watch the web process."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.queue.probes import probe_services
from realtime.database import in_database
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
    """Answer ``GET /readyz``: 200 when requests can be accepted. It names no version and no host."""
    if drain().begun:
        return json_response({"status": "draining"}, 503)
    health = await in_database(probe_services)
    parts = {name: part["ok"] for name, part in health["parts"].items()}
    status = 503 if health["status"] == "down" else 200
    return json_response({"status": health["status"], "parts": parts}, status)

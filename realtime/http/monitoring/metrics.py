"""``GET /metrics``: what Prometheus reads, for who has the token of the settings."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.metrics.exchange import flush
from jobs.metrics.exposition import CONTENT_TYPE, exposition
from realtime.database import in_database
from realtime.limits.addresses import address_of
from realtime.refusals.log import log_refusal


@csrf_exempt
@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics. Without ``STREAMER_METRICS_TOKEN`` there is no such page; with a wrong one, 401."""
    if not settings.STREAMER_METRICS_TOKEN:
        return HttpResponseNotFound()
    if not has_metrics_token(request):
        log_refusal("Access refused", reason="metrics_token", address=address_of(request))
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(await in_database(_all), content_type=CONTENT_TYPE)


def has_metrics_token(request: HttpRequest) -> bool:
    """Return True if the request has the token of the settings, and there is one."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.STREAMER_METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)


def _all() -> bytes:
    flush()
    return exposition()

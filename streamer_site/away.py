"""The answer for pages that fail because the database or Redis is away: 503, in plain words.

Accounts and sessions are in the database, so that anybody may get the page. It tells no more than ``/readyz`` does.
"""

import logging
from collections.abc import Sequence
from typing import Final

import redis
from django.contrib.admin import site
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from jobs.admin.overview.verdict import verdict
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.finding import find_faults
from jobs.repeats import REPEATS
from realtime.http.responses import error_response, is_api, unavailable

logger = logging.getLogger(__name__)
RETRY_SECONDS: Final = 5
_TITLES: Final = {"database": "The database is away", "redis": "Redis is away"}


class SayWhatIsAway(MiddlewareMixin):
    """Answers for a view that failed because the database or Redis is away."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return None for every other error, and while all answer: then the view itself is at fault."""
        if isinstance(exception, DatabaseError):
            cause = "database"
        elif isinstance(exception, redis.RedisError):
            cause = "redis"
        else:
            return None
        faults = _parts_away()
        if not any(fault.subject == cause for fault in faults):
            return None
        logger.warning("Not answered for now: %s", exception, extra=REPEATS)
        if is_api(request):
            return error_response(unavailable())
        response = HttpResponse(away_page(faults), status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response


def away_page(faults: Sequence[Fault]) -> str:
    """Render the page about these parts. It knows no user, and leads to nothing that only some may see."""
    shown = verdict(faults)
    away = {fault.subject for fault in faults}
    context = {
        "title": next(title for name, title in _TITLES.items() if name in away),
        "site_header": site.site_header,
        "site_title": site.site_title,
        "verdict": shown,
        "faults": [(fault, ()) for fault in shown.faults],
        "taken_at": timezone.now(),
        "away": away,
        "retry_seconds": RETRY_SECONDS,
    }
    return render_to_string("admin/streamer/away.html", context)


def _parts_away() -> list[Fault]:
    return [fault for fault in find_faults() if fault.name == "StreamerPartAway" and fault.subject in _TITLES]

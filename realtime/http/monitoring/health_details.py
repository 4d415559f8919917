"""``GET /healthz/details``: what an operator asks first, for who has the token of the metrics and for staff."""

import os
import platform
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.errors import ErrorCode, error_body
from jobs.files.storage import probe
from jobs.queue.health.probes import probe_part, probe_services
from jobs.queue.health.services import missing_folder
from jobs.queue.names import own_queues
from jobs.queue.presence import ask_served_queues
from jobs.queue.wakeups import connection as redis_connection
from realtime.database import in_database
from realtime.http.responses import error_response, json_response
from realtime.limits.addresses import address_of
from realtime.refusals.log import log_refusal
from realtime.shared import drain, registry
from realtime.wire.versions import SUPPORTED

_PACKAGES: Final = ("django", "channels", "daphne", "uvicorn", "rq", "redis", "psycopg")
_REASONS: Final = {
    "MigrationsMissing": "migrations are not applied",
    "workers": "no worker is alive",
    "sweeper": "no sweeper is alive",
    "folder": "the scratch folder cannot be written",
}


@csrf_exempt
@require_safe
async def health_details(request: HttpRequest) -> HttpResponse:
    """Answer with each part and, where it fails, the reason in one line. 503 as for ``/readyz``, 401 for others."""
    try:
        may_read = await _may_read(request)
    except DatabaseError:
        text = "Nobody can be signed in without the database. Send the token of the metrics"
        return error_response(error_body(ErrorCode.SERVICE_UNAVAILABLE, text))
    if not may_read:
        log_refusal("Access refused", reason="metrics_token", address=address_of(request))
        text = "Send the token of the metrics, or sign in to the admin"
        return error_response(error_body(ErrorCode.UNAUTHORIZED, text))
    details = await in_database(_details)
    if drain().begun:
        details["status"] = "draining"
    details["process"] |= {"connections": len(registry().open)}
    return json_response(details, 503 if details["status"] in ("down", "draining") else 200)


async def _may_read(request: HttpRequest) -> bool:
    token = settings.STREAMER_METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token):
        return True
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    user = await request.auser()
    return bool(user.is_active and user.is_staff)


def _details() -> dict[str, Any]:
    health = probe_services(with_reasons=True)
    parts = {name: _told(name, part) for name, part in health["parts"].items()}
    parts["storage"] = _told("storage", probe_part(_storage, with_reason=True))
    status = health["status"]
    if status == "ok" and not parts["storage"]["ok"]:
        status = "degraded"
    return {
        "status": status,
        "parts": parts,
        "queues": _queues(),
        "circuits": health["circuits"],
        "versions": _versions(),
        "process": {"server": settings.STREAMER_SERVER_ID, "pid": os.getpid()},
    }


def _told(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part with the reason why it is not well."""
    told = {key: value for key, value in part.items() if key not in ("fault", "reason")}
    if part["ok"]:
        return told
    if name == "folder" and (missing := missing_folder()) is not None:
        return {**told, "reason": missing.problem.rpartition(": ")[2]}
    fault = part.get("fault", "")
    return {**told, "reason": part.get("reason") or _REASONS.get(fault) or _REASONS.get(name) or fault}


def _storage() -> dict[str, Any]:
    probe()
    return {}


def _queues() -> dict[str, Any] | None:
    """Map queue → the names of its live workers. None: Redis does not tell."""
    try:
        served = ask_served_queues()
    except (redis.RedisError, OSError):
        return None
    return {name: {"workers": sorted(served.get(name, ()))} for name in own_queues()}


def _versions() -> dict[str, str | None]:
    return {**_packages(), "protocol": ", ".join(SUPPORTED), **_server_versions()}


@cache
def _packages() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a host goes without those that it does not need
            continue
    return found


def _server_versions() -> dict[str, str | None]:
    """Return the versions of the database and of Redis. None: it does not tell."""
    return {"database_server": _or_none(_database_version), "redis_server": _or_none(_redis_version)}


def _or_none(ask: Callable[[], str]) -> str | None:
    try:
        return ask()
    except (DatabaseError, redis.RedisError, OSError):
        return None


def _database_version() -> str:
    connection.ensure_connection()
    return f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}"


def _redis_version() -> str:
    facts = redis_connection().info("server")
    return str(facts.get("valkey_version") or facts["redis_version"])

"""``{% streamer_dashboard %}``: the state of the whole service in one row, on the first page of the admin."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.template import Context, Library
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge
from jobs.models import WAITING, AsyncRequest, Status
from jobs.queue.probes import probe_services
from realtime.models import Connection

register = Library()

_REQUESTS = "admin:jobs_asyncrequest_changelist"
_CONNECTIONS = "admin:realtime_connection_changelist"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number, its label, and the link to its list."""

    label: str
    count: int
    url: str
    kind: str = ""
    """``failed`` when the number needs attention."""


@register.inclusion_tag("admin/streamer/dashboard.html", takes_context=True)
def streamer_dashboard(context: Context) -> dict[str, Any]:
    """Count what the reader may list. Only readers of requests see the parts of the service."""
    user = context["request"].user
    figures: list[Figure] = []
    parts: list[SafeString] = []
    if user.has_perm("jobs.view_asyncrequest"):
        figures += _request_figures(timezone.now() - timedelta(hours=24))
        parts = list(_parts(probe_services()))
    if user.has_perm("realtime.view_connection"):
        figures.append(_connection_figure())
    return {"figures": figures, "parts": parts}


def _request_figures(since: datetime) -> Iterator[Figure]:
    rows = AsyncRequest.objects
    waiting = rows.filter(status__in=WAITING).count()
    yield Figure(label="Waiting", count=waiting, url=_list(_REQUESTS, status="waiting"))
    running = rows.filter(status=Status.PROCESSING).count()
    yield Figure(label="Running", count=running, url=_list(_REQUESTS, status=Status.PROCESSING))
    failed = rows.filter(status=Status.FAILED, finished_at__gte=since).count()
    yield Figure(
        label="Failed in 24 h",
        count=failed,
        url=_list(_REQUESTS, status=Status.FAILED, finished_at__gte=since.isoformat()),
        kind="failed" if failed else "",
    )


def _connection_figure() -> Figure:
    count = Connection.objects.filter(closed_at=None).count()
    return Figure(label="Open connections", count=count, url=_list(_CONNECTIONS, state="open"))


def _parts(answer: dict[str, Any]) -> Iterator[SafeString]:
    for name, part in answer["parts"].items():
        yield badge("completed" if part["ok"] else "failed", f"{name.capitalize()}: {_condition(part)}", _detail(part))


def _condition(part: dict[str, Any]) -> str:
    if "alive" in part:
        return f"{part['alive']} alive"
    return "ok" if part["ok"] else "away"


def _detail(part: dict[str, Any]) -> str:
    """Write the title: the kind of fault, or the queues without a worker, and the milliseconds of the answer."""
    facts = [part["fault"]] if "fault" in part else []
    if unserved := part.get("queues_without_worker"):
        facts.append(f"no worker for: {', '.join(unserved)}")
    return "; ".join([*facts, f"answered in {part['milliseconds']} ms"])


def _list(view: str, **parameters: str) -> str:
    return f"{reverse(view)}?{urlencode(parameters)}"

"""``{% streamer_dashboard %}``: the state of the whole service, on the first page of the admin."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.template import Context, Library
from django.urls import reverse
from django.utils import timezone

from jobs.admin.formatting import when
from jobs.admin.overview.page import Figure, Overview, overview
from jobs.admin.overview.tables import MAX_LINES, Line, Table
from jobs.admin.overview.verdict import Link, ShownFault
from jobs.formatting import format_count
from jobs.metrics.history import SPANS
from realtime.connections.processes import SILENCE, alive
from realtime.models import Connection, WebProcess

register = Library()

_CONNECTIONS = "admin:realtime_connection_changelist"
_PROCESSES = "admin:realtime_webprocess_changelist"


@register.inclusion_tag("admin/streamer/dashboard.html", takes_context=True)
def streamer_dashboard(context: Context) -> dict[str, Any]:
    """Show what the reader may list. Only readers of requests see the verdict, the charts and the parts."""
    request = context["request"]
    found: Overview | None = None
    figures: list[Figure] = []
    tables: list[Table] = []
    if request.user.has_perm("jobs.view_asyncrequest"):
        found = overview(request.GET.get("span", ""))
        figures, tables = [*found.figures], [*found.tables]
    if request.user.has_perm("realtime.view_connection"):
        figures.append(_connection_figure())
    if request.user.has_perm("realtime.view_webprocess"):
        tables.append(_processes())
    faults = [(fault, _allowed(fault, request.user)) for fault in found.verdict.faults] if found else []
    return {"overview": found, "faults": faults, "figures": figures, "tables": tables, "spans": SPANS.values()}


def _allowed(fault: ShownFault, user: Any) -> Sequence[Link]:
    return [link for link in fault.links if user.has_perm(link.permission)]


def _connection_figure() -> Figure:
    count = Connection.objects.filter(closed_at=None).count()
    url = f"{reverse(_CONNECTIONS)}?{urlencode({'state': 'open'})}"
    return Figure(label="Open connections", count=count, url=url)


def _processes() -> Table:
    """List the live web processes, those with the most sockets first."""
    rows = alive(timezone.now() - SILENCE)
    total = rows.aggregate(sum=Sum("connections"))["sum"] or 0
    lines = [_line(row) for row in rows.order_by("-connections", "id")[:MAX_LINES]]
    sockets = "1 socket" if total == 1 else f"{format_count(total)} sockets"
    note = f"{sockets} in all, as of the last heartbeats." if lines else ""
    columns = ["Web process", "Sockets", "Started", "Refused since then"]
    return Table(title="Web processes", columns=columns, lines=lines, empty="None has held a socket.", note=note)


def _line(row: WebProcess) -> Line:
    refused = format_count(sum((row.refused or {}).values()))
    return Line(
        name=row.id, cells=[format_count(row.connections), when(row.started_at), refused], url=reverse(_PROCESSES)
    )

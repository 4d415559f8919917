"""The overview as its template shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge
from jobs.admin.overview.addresses import requests_url
from jobs.admin.overview.charts import Chart, charts
from jobs.admin.overview.snapshot import Snapshot, snapshot
from jobs.admin.overview.tables import Table, tables
from jobs.admin.overview.verdict import Verdict, verdict
from jobs.formatting import format_count, format_duration
from jobs.metrics.history import SPANS, Span, history
from jobs.models import Status


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number, its label, and the link to its list."""

    label: str
    count: int
    url: str
    kind: str = ""
    """``failed`` when the number needs attention."""

    @property
    def text(self) -> str:
        return format_count(self.count)


@dataclass(frozen=True, kw_only=True)
class Overview:
    taken_at: datetime
    verdict: Verdict
    figures: Sequence[Figure]
    parts: Sequence[SafeString]
    """A badge for each part of the service."""
    tables: Sequence[Table]
    span: Span
    charts: Sequence[Chart]

    @property
    def age_seconds(self) -> float:
        return round(max((timezone.now() - self.taken_at).total_seconds(), 0.0), 1)


def overview(span_name: str = "") -> Overview:
    """Return the state, up to five seconds old, and the history of a span: one hour if the name is none."""
    span = SPANS.get(span_name, SPANS["1h"])
    found = snapshot()
    return Overview(
        taken_at=found.look.now,
        verdict=verdict(found.faults),
        figures=list(_figures(found)),
        parts=list(_parts(found.look.health["parts"])),
        tables=tables(found),
        span=span,
        charts=charts(history(span, found.look.now), span),
    )


def _figures(found: Snapshot) -> Iterator[Figure]:
    waiting, running = found.by_queue.waiting.total(), found.by_queue.running.total()
    yield Figure(label="Waiting", count=waiting, url=requests_url(status="waiting"))
    yield Figure(label="Running", count=running, url=requests_url(status=Status.PROCESSING))
    failed, since = found.failed_in_a_day, found.day_began.isoformat()
    url = requests_url(status=Status.FAILED, finished_at__gte=since)
    yield Figure(label="Failed in 24 h", count=failed, url=url, kind="failed" if failed else "")


def _parts(parts: dict[str, Any]) -> Iterator[SafeString]:
    for name, part in parts.items():
        kind = "completed" if part["ok"] else "failed"
        yield badge(kind, f"{name.capitalize()}: {_condition(name, part)}", _detail(part))


def _condition(name: str, part: dict[str, Any]) -> str:
    if "alive" in part:
        return f"{format_count(part['alive'])} alive"
    if part["ok"] and name in ("database", "redis"):
        return f"ok, {format_duration(part['milliseconds'] / 1000)}"
    return "ok" if part["ok"] else "away"


def _detail(part: dict[str, Any]) -> str:
    """Write the title: the kind of fault, or the queues without a worker, and the time of the answer."""
    facts = [part["fault"]] if "fault" in part else []
    if unserved := part.get("queues_without_worker"):
        facts.append(f"no worker for: {', '.join(unserved)}")
    return "; ".join([*facts, f"answered in {format_duration(part['milliseconds'] / 1000)}"])

"""How far a request is: the parts that its list and its page have in common."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge, duration, shortened
from jobs.models import AsyncRequest, Status

_LIST_MESSAGE = 60


def status_badge(row: AsyncRequest) -> SafeString:
    """A running request that was asked to stop says so."""
    if row.status == Status.PROCESSING and row.cancel_requested_at:
        return badge("stopping", "Stopping", "A cancel was asked for; the attempt has not ended yet.")
    return badge(row.status, row.get_status_display())


def queued_seconds(row: AsyncRequest) -> float:
    """From its creation to its first start, or to its end when it never started, or to now."""
    return _seconds((row.started_at or row.finished_at or timezone.now()) - row.created_at)


def run_seconds(row: AsyncRequest) -> float | None:
    """From its first start to its end or to now, pauses between attempts included. None before it starts."""
    return _seconds((row.finished_at or timezone.now()) - row.started_at) if row.started_at else None


def said(row: AsyncRequest) -> str:
    """What the request says now: ``CODE: message`` when it ended with an error, its last message otherwise."""
    error: Any = row.error
    return f"{error.get('code', '')}: {error.get('message', '')}" if isinstance(error, dict) else row.message


def bar(row: AsyncRequest) -> SafeString:
    """The percentage, and below it what the request says."""
    return format_html(
        '<span class="st-progress"><progress max="100" value="{}" data-kind="{}" aria-label="Progress"></progress>'
        '<span class="st-percent">{} %</span></span>{}',
        row.percentage,
        row.status,
        int(row.percentage),
        _below(row),
    )


def duration_text(row: AsyncRequest) -> SafeString:
    seconds = run_seconds(row)
    if seconds is not None:
        return format_html("{}", duration(seconds))
    if row.cached_from:
        return format_html('<span class="st-quiet">{}</span>', "from cache")
    if row.is_final:
        return format_html('<span class="st-quiet">{}</span>', "not started")
    return format_html('{} <span class="st-below">waiting</span>', duration(queued_seconds(row)))


def _below(row: AsyncRequest) -> SafeString:
    if not (text := said(row)):
        return SafeString("")
    return format_html('<span class="st-said" data-kind="{}">{}</span>', row.status, shortened(text, _LIST_MESSAGE))


def _seconds(span: timedelta) -> float:
    return max(span.total_seconds(), 0)

"""The progress of a request, for its list and its page."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge, duration, shortened
from jobs.models import AsyncRequest, Status

_LIST_MESSAGE = 60


def status_badge(row: AsyncRequest) -> SafeString:
    """Show the status. A running request that was asked to stop says so."""
    if row.status == Status.PROCESSING and row.cancel_requested_at:
        return badge("stopping", "Stopping", "A cancel was asked for; the attempt has not ended yet.")
    return badge(row.status, row.get_status_display())


def queued_seconds(row: AsyncRequest) -> float:
    """Return the seconds from the creation to the first start; if it never started, to the end or to now."""
    return _seconds((row.started_at or row.finished_at or timezone.now()) - row.created_at)


def run_seconds(row: AsyncRequest) -> float | None:
    """Return the seconds from the first start to the end or to now, pauses included. None before it starts."""
    return _seconds((row.finished_at or timezone.now()) - row.started_at) if row.started_at else None


def said(row: AsyncRequest) -> str:
    """Return ``CODE: message`` when the request ended with an error, its last message otherwise."""
    error: Any = row.error
    return f"{error.get('code', '')}: {error.get('message', '')}" if isinstance(error, dict) else row.message


def bar(row: AsyncRequest) -> SafeString:
    """Show the percentage, and below it the text of ``said``."""
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

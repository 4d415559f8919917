"""The progress of a request, for its list and its page."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge, shortened
from jobs.formatting import format_duration, format_status
from jobs.models import AsyncRequest, Status

_LIST_MESSAGE = 60


def status_badge(row: AsyncRequest) -> SafeString:
    """Show the status. A running request that was asked to stop, or is about to end, says so."""
    if row.ending_until:
        return badge("stopping", "Ending", "Its end is decided; a worker makes the receipt of what was done.")
    if row.status == Status.PROCESSING and row.cancel_requested_at:
        return badge("stopping", "Stopping", "A cancel was asked for; the attempt has not ended yet.")
    return badge(status_kind(row), format_status(row.status, row.failed_items))


def status_kind(row: AsyncRequest) -> str:
    """Return the kind by which the style sheet colours what shows the status."""
    return "with_failures" if row.status == Status.COMPLETED and row.failed_items else row.status


def queued_seconds(row: AsyncRequest) -> float:
    """Return the seconds from the creation to the first start; if it never started, to the end or to now."""
    return _seconds((row.started_at or row.finished_at or timezone.now()) - row.created_at)


def run_seconds(row: AsyncRequest) -> float | None:
    """Return the seconds from the first start to the end or to now, pauses included. None before it starts."""
    return _seconds((row.finished_at or timezone.now()) - row.started_at) if row.started_at else None


def said(row: AsyncRequest) -> str:
    """Return ``CODE: message`` of the error that it ended with or is retried after, or what it said last while it runs.

    What came of one that has ended well, its page says.
    """
    error: Any = row.error
    if isinstance(error, dict) and row.status in (Status.FAILED, Status.RETRYING):
        return f"{error.get('code', '')}: {error.get('message', '')}"
    return row.message if row.status == Status.PROCESSING else ""


def bar(row: AsyncRequest) -> SafeString:
    """Show the percentage, and below it the text of ``said``."""
    return format_html(
        '<span class="st-progress"><progress max="100" value="{}" data-kind="{}" aria-label="Progress"></progress>'
        '<span class="st-percent">{} %</span></span>{}',
        row.percentage,
        status_kind(row),
        int(row.percentage),
        _below(row),
    )


def duration_text(row: AsyncRequest) -> SafeString:
    seconds = run_seconds(row)
    if seconds is not None:
        return format_html("{}", format_duration(seconds))
    if row.cached_from:
        return format_html('<span class="st-quiet">{}</span>', "from cache")
    if row.is_final:
        return format_html('<span class="st-quiet">{}</span>', "not started")
    return format_html('{} <span class="st-below">waiting</span>', format_duration(queued_seconds(row)))


def _below(row: AsyncRequest) -> SafeString:
    if not (text := said(row)):
        return SafeString("")
    return format_html('<span class="st-said" data-kind="{}">{}</span>', row.status, shortened(text, _LIST_MESSAGE))


def _seconds(span: timedelta) -> float:
    return max(span.total_seconds(), 0)

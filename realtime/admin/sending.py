"""Messages that operators send to connections: the form, and the outcome in words."""

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from jobs.formatting import format_bytes, format_count, format_duration
from realtime.connections.orders.health import Health
from realtime.sending.calls import send_to_some
from realtime.sending.message import InvalidMessage, encode_message
from realtime.sending.report import Report

logger = logging.getLogger(__name__)

MAX_SELECTED = 500
"""The most connections that are sent a message at once. ``streamer_broadcast`` reaches any number."""


class MessageForm(forms.Form):
    """The text of a message."""

    text = forms.CharField(
        label="Message", widget=forms.Textarea(attrs={"rows": 4, "cols": 60}), help_text="The client gets this text."
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            encode_message(text)
        except InvalidMessage as error:
            raise forms.ValidationError(str(error)) from None
        return text


def send_text(request: HttpRequest, connection_ids: Collection[UUID], message: str) -> None:
    """Send a text to connections, and tell the operator how many were told."""
    report = send_to_some(connection_ids, message)
    operator = request.user.get_username()
    logger.info(
        "%s sent a message to %d connections, of which %d were told", operator, len(connection_ids), report.accepted
    )
    messages.add_message(request, messages.SUCCESS if report.accepted else messages.WARNING, _words(report))


def health_facts(health: Health | None) -> list[tuple[str, Any]]:
    """List label and value of what the web process of an open connection tells of it."""
    if health is None:
        return [("Health", "not told by its web process")]
    round_trip = "not measured yet" if health.round_trip_ms is None else format_duration(health.round_trip_ms / 1000)
    return [
        ("Health", ", ".join(health.problems) or "good"),
        ("Round trip of a ping", round_trip),
        ("Waits to be sent", format_bytes(health.waiting_bytes)),
        ("Messages that failed", format_count(health.failed)),
    ]


def _words(report: Report) -> str:
    if report.unavailable:
        return "Redis does not answer. Nobody was told."
    if not report.accepted:
        return "None of these connections is open any more."
    connections = "1 connection was" if report.accepted == 1 else f"{format_count(report.accepted)} connections were"
    return f"{connections} sent the message."

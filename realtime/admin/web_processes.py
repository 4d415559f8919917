"""The list of web processes: which live, since when, and how many sockets they hold."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.admin.formatting import badge, shortened, when
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.formatting import format_count
from realtime.connections.processes import SILENCE
from realtime.models import WebProcess


class WebProcessAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "connections", "refusals", "started", "seen", "ended")
    search_fields = ("id",)
    search_help_text = "Find web processes by name"
    fields = ("id", "state", "started", "seen", "drained", "ended", "connections", "refusals")

    @admin.display(description="web process", ordering="id")
    def name(self, row: WebProcess) -> SafeString:
        return shortened(row.id, 60)

    @admin.display(description="state")
    def state(self, row: WebProcess) -> SafeString:
        if row.ended_at is not None:
            return badge("closed", "Ended")
        if row.last_seen_at > timezone.now() - SILENCE:
            return badge("open", "Alive")
        return badge("closed", "Silent", "It shows no sign of life. The sweeper takes it for dead.")

    @admin.display(description="refused since its start")
    def refusals(self, row: WebProcess) -> str:
        """Show the number of refusals of each limit, such as ``messages.tenant``."""
        counts = row.refused or {}
        return ", ".join(f"{limit} {format_count(count)}" for limit, count in sorted(counts.items())) or "none"

    @admin.display(description="started", ordering="started_at")
    def started(self, row: WebProcess) -> SafeString | str:
        return when(row.started_at)

    @admin.display(description="last heartbeat", ordering="last_seen_at")
    def seen(self, row: WebProcess) -> SafeString | str:
        return when(row.last_seen_at)

    @admin.display(description="told its clients to leave")
    def drained(self, row: WebProcess) -> SafeString | str:
        return when(row.drained_at)

    @admin.display(description="ended", ordering="ended_at")
    def ended(self, row: WebProcess) -> SafeString | str:
        return when(row.ended_at)

"""The list of connections and the page of one: to look at, to send messages, and to end those that are open."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from jobs.admin.filters import TenantFilter
from jobs.admin.formatting import NOTHING, badge, owner_lines, short, shortened, when
from jobs.admin.listing.search import MIN_DIGITS, IndexedSearch
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.formatting import format_count, format_duration
from realtime.admin.closings import closing
from realtime.admin.connection_filters import (
    CloseCodeFilter,
    ConnectedFilter,
    HealthFilter,
    OpenFilter,
    ServerFilter,
)
from realtime.admin.connection_page import connection_page, state_badge
from realtime.admin.revocations import reason_of
from realtime.admin.sending import MAX_SELECTED, MessageForm, send_text
from realtime.connections.orders.health import Health
from realtime.connections.processes import is_held, process_seen_at, with_process
from realtime.connections.rows import revoke
from realtime.models import Connection
from realtime.revocations.writing import revoke_tokens
from realtime.sending.asking import ask_health

_LOGGED_CHARACTERS = 200


class ConnectionAdmin(IndexedSearch, ReadOnlyAdmin):
    list_display = ("owner", "state", "health", "origin", "held_by", "connected", "seen", "traffic", "ending")
    list_filter = (OpenFilter, HealthFilter, ServerFilter, TenantFilter, CloseCodeFilter, ConnectedFilter)
    search_fields = ("id", "user_id", "tenant_id", "address")
    search_help_text = f"Find connections by id or its first {MIN_DIGITS} digits, user, tenant or address"
    sortable_by = ("connected",)
    fields = ("id",)
    actions = ("end_selected", "send_selected", "revoke_selected")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:connection_id>/end/", wrap(require_POST(self.end_view)), name="realtime_connection_end"),
            path("<uuid:connection_id>/send/", wrap(require_POST(self.send_view)), name="realtime_connection_send"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return with_process(super().get_queryset(request))

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Allow staff with the permission to end connections and send to them. Nobody may edit a row by hand."""
        return bool(request.user.has_perm("realtime.change_connection"))

    @admin.action(description="End the selected connections", permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        rows = list(queryset.filter(closed_at=None))
        count = revoke(Connection.objects.filter(id__in=[row.id for row in rows]))
        self._log(request, rows, "Ended")
        ended = "1 open connection is" if count == 1 else f"{format_count(count)} open connections are"
        self.message_user(request, f"{ended} being ended. Tokens stay valid until they expire.")

    @admin.action(description="Send a message to the selected connections", permissions=["end"])
    def send_selected(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        """Ask for the text on a page of its own, which sends the same selection again."""
        ids = list(queryset.filter(closed_at=None).values_list("id", flat=True)[: MAX_SELECTED + 1])
        form = MessageForm(request.POST if "send" in request.POST else None)
        if form.is_valid():
            send_text(request, ids[:MAX_SELECTED], form.cleaned_data["text"])
            self._log_message(request, ids[:MAX_SELECTED], form.cleaned_data["text"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Send a message",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "count": min(len(ids), MAX_SELECTED),
            "is_cut": len(ids) > MAX_SELECTED,
            "selection": [
                (name, value)
                for name in ("action", "select_across", "index", ACTION_CHECKBOX_NAME)
                for value in request.POST.getlist(name)
            ],
        }
        return TemplateResponse(request, "admin/realtime/connection/send.html", context)

    @admin.action(description="Revoke the tokens of the selected users", permissions=["end"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        rows = list(queryset)
        owners = {(row.tenant_id, row.user_id) for row in rows}
        for tenant_id, user_id in owners:
            revoke_tokens(tenant_id=tenant_id, user_id=user_id, reason=reason_of(request))
        self._log(request, rows, "Tokens of its user revoked")
        users = "1 user" if len(owners) == 1 else f"{format_count(len(owners))} users"
        self.message_user(request, f"The tokens of {users} are void, and their connections are being ended.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        # Filled in here, because Django has checked the permissions and found the row by now.
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            sees_requests = bool(request.user.has_perm("jobs.view_asyncrequest"))
            row = response.context_data["original"]
            response.context_data["page"] = connection_page(row, can_see_requests=sees_requests)
            if row.closed_at is None and self.has_end_permission(request):
                response.context_data["form"] = MessageForm()
        return response

    def end_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        self._check_may_end(request, connection_id)
        self.end_selected(request, Connection.objects.filter(id=connection_id))
        return HttpResponseRedirect(_page_url(connection_id))

    def send_view(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        self._check_may_end(request, connection_id)
        form = MessageForm(request.POST)
        if form.is_valid():
            send_text(request, [connection_id], form.cleaned_data["text"])
            self._log_message(request, [connection_id], form.cleaned_data["text"])
        else:
            self.message_user(request, " ".join(map(str, form.errors["text"])), messages.ERROR)
        return HttpResponseRedirect(_page_url(connection_id))

    def _log_message(self, request: HttpRequest, ids: Sequence[UUID], text: str) -> None:
        self._log(request, list(Connection.objects.filter(id__in=ids)), f"Sent: {short(text, _LOGGED_CHARACTERS)}")

    def _log(self, request: HttpRequest, rows: Sequence[Connection], act: str) -> None:
        if rows:
            LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, change_message=act)

    def _check_may_end(self, request: HttpRequest, connection_id: UUID) -> None:
        if not (self.has_view_permission(request) and self.has_end_permission(request)):
            raise PermissionDenied
        if self.get_object(request, str(connection_id)) is None:
            raise Http404

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Ask the web processes for the health of the connections on the page."""
        changelist = super().get_changelist_instance(request)
        ids = [row.id for row in changelist.result_list if is_held(row)]
        healths = ask_health(ids).healths if ids else {}
        for row in changelist.result_list:
            row.told_health = healths.get(row.id)
        return changelist

    @admin.display(description="user")
    def owner(self, row: Connection) -> SafeString:
        return owner_lines(row.user_id, row.tenant_id)

    @admin.display(description="state")
    def state(self, row: Connection) -> SafeString:
        return state_badge(row)

    @admin.display(description="health")
    def health(self, row: Connection) -> SafeString | str:
        health: Health | None = getattr(row, "told_health", None)
        if health is None:
            return NOTHING
        if health.problems:
            return badge("failed", ", ".join(health.problems))
        took = None if health.round_trip_ms is None else format_duration(health.round_trip_ms / 1000)
        return badge("completed", "good", f"A ping took {took}." if took else "")

    @admin.display(description="address, agent")
    def origin(self, row: Connection) -> SafeString:
        agent = shortened(row.user_agent, 28)
        return format_html('{} <span class="st-below">{}</span>', row.address or NOTHING, agent)

    @admin.display(description="web process")
    def held_by(self, row: Connection) -> SafeString:
        return format_html('<span class="st-id">{}</span>', shortened(row.server, 28))

    @admin.display(description="connected", ordering="connected_at")
    def connected(self, row: Connection) -> SafeString | str:
        return when(row.connected_at)

    @admin.display(description="process seen")
    def seen(self, row: Connection) -> SafeString | str:
        return when(process_seen_at(row))

    @admin.display(description="in / out")
    def traffic(self, row: Connection) -> SafeString:
        counts = format_count(row.messages_in), format_count(row.messages_out)
        return format_html('<span class="st-number">{} / {}</span>', *counts)

    @admin.display(description="closed because")
    def ending(self, row: Connection) -> str:
        return closing(row) or NOTHING


def _page_url(connection_id: UUID) -> str:
    return reverse("admin:realtime_connection_change", args=[connection_id])

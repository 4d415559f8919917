"""The list of connections and the page of one: to look at, and to end those that are open."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.filters import TenantFilter
from jobs.admin.formatting import NOTHING, owner_lines, shortened, when
from jobs.admin.read_only import ReadOnlyAdmin
from realtime.admin.closings import closing
from realtime.admin.connection_filters import CloseCodeFilter, OpenFilter, ServerFilter
from realtime.admin.connection_page import connection_page, state_badge
from realtime.connections.rows import revoke
from realtime.models import Connection


class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("owner", "state", "origin", "held_by", "connected", "seen", "traffic", "ending")
    list_filter = (OpenFilter, ServerFilter, TenantFilter, CloseCodeFilter)
    search_fields = ("id", "user_id", "tenant_id", "address", "user_agent", "server")
    search_help_text = "Id, user, tenant, address, user agent or server"
    date_hierarchy = "connected_at"
    sortable_by = ("connected", "seen")
    fields = ("id",)
    actions = ("end_selected",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Allow staff with the permission to end connections. Nobody may edit a row by hand."""
        return bool(request.user.has_perm("realtime.change_connection"))

    @admin.action(description="End the selected connections", permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        count = revoke(Connection.objects.filter(id__in=list(queryset.values_list("id", flat=True))))
        ended = "1 open connection is" if count == 1 else f"{count:,} open connections are"
        self.message_user(request, f"{ended} being ended. Tokens stay valid until they expire.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        # Filled in here, because Django has checked the permissions and found the row by now.
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            sees_requests = bool(request.user.has_perm("jobs.view_asyncrequest"))
            row = response.context_data["original"]
            response.context_data["page"] = connection_page(row, can_see_requests=sees_requests)
        return response

    @admin.display(description="user")
    def owner(self, row: Connection) -> SafeString:
        return owner_lines(row.user_id, row.tenant_id)

    @admin.display(description="state")
    def state(self, row: Connection) -> SafeString:
        return state_badge(row)

    @admin.display(description="address, agent")
    def origin(self, row: Connection) -> SafeString:
        agent = shortened(row.user_agent, 28)
        return format_html('{} <span class="st-below">{}</span>', row.address or NOTHING, agent)

    @admin.display(description="server")
    def held_by(self, row: Connection) -> SafeString:
        return format_html('<span class="st-id">{}</span>', shortened(row.server, 28))

    @admin.display(description="connected", ordering="connected_at")
    def connected(self, row: Connection) -> SafeString | str:
        return when(row.connected_at)

    @admin.display(description="last seen", ordering="last_seen_at")
    def seen(self, row: Connection) -> SafeString | str:
        return when(row.last_seen_at)

    @admin.display(description="in / out")
    def traffic(self, row: Connection) -> SafeString:
        return format_html('<span class="st-number">{} / {}</span>', row.messages_in, row.messages_out)

    @admin.display(description="closed because")
    def ending(self, row: Connection) -> str:
        return closing(row) or NOTHING

"""The list of requests, the page of one, and the two verbs an operator has: cancel and retry."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from jobs.admin.connections import connection_url
from jobs.admin.filters import ActionFilter, CreatedFilter, QueueFilter, StatusFilter, TenantFilter
from jobs.admin.formatting import owner_lines, when
from jobs.admin.progress import bar, duration_text, status_badge
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.admin.request_page import RequestPage, request_page
from jobs.admin.verbs import MAX_SELECTED, Tally, cancel_all, retry_all
from jobs.models import AsyncRequest

_MAX_LINKS = 10
# The list shows none of these columns, and each may hold a megabyte.
_HEAVY = ("payload", "result", "metadata", "resume_state")


class AsyncRequestAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "progress", "owner", "created", "took", "attempts")
    list_filter = (StatusFilter, ActionFilter, QueueFilter, TenantFilter, CreatedFilter)
    search_fields = ("id", "client_id", "user_id", "tenant_id", "=error__code")
    search_help_text = "Id, client id, user, tenant, or an error code such as WORKER_LOST"
    date_hierarchy = "created_at"
    sortable_by = ("created",)
    actions = ("cancel_selected", "retry_selected")
    fields = ("id",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        steer = wrap(require_POST(self.steer_view))
        return [
            path("<uuid:request_id>/live/", wrap(require_safe(self.live_view)), name="jobs_asyncrequest_live"),
            path("<uuid:request_id>/cancel/", steer, {"verb": cancel_all}, name="jobs_asyncrequest_cancel"),
            path("<uuid:request_id>/retry/", steer, {"verb": retry_all}, name="jobs_asyncrequest_retry"),
            *super().get_urls(),
        ]

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Allow staff with the permission to cancel and retry. Nobody may edit a row by hand."""
        return bool(request.user.has_perm("jobs.change_asyncrequest"))

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[AsyncRequest]:
        rows: QuerySet[AsyncRequest] = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "jobs_asyncrequest_changelist"
        return rows.defer(*_HEAVY) if is_list else rows

    @admin.display(description="request")
    def name(self, row: AsyncRequest) -> SafeString:
        return format_html('{} <span class="st-id">{}</span>', row.action, str(row.id)[:8])

    @admin.display(description="status")
    def state(self, row: AsyncRequest) -> SafeString:
        return status_badge(row)

    @admin.display(description="progress")
    def progress(self, row: AsyncRequest) -> SafeString:
        return bar(row)

    @admin.display(description="user")
    def owner(self, row: AsyncRequest) -> SafeString:
        return owner_lines(row.user_id, row.tenant_id)

    @admin.display(description="created", ordering="created_at")
    def created(self, row: AsyncRequest) -> SafeString | str:
        return when(row.created_at)

    @admin.display(description="duration")
    def took(self, row: AsyncRequest) -> SafeString:
        return duration_text(row)

    @admin.display(description="attempts")
    def attempts(self, row: AsyncRequest) -> int:
        return row.attempt

    @admin.action(description="Cancel the selected requests", permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> None:
        self._tell(request, cancel_all(self._some_ids(request, queryset)))

    @admin.action(description="Retry the selected requests, as new ones", permissions=["steer"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> None:
        self._tell(request, retry_all(self._some_ids(request, queryset)))

    def _some_ids(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> list[UUID]:
        ids = list(queryset.values_list("id", flat=True)[: MAX_SELECTED + 1])
        if len(ids) > MAX_SELECTED:
            text = f"Only the first {MAX_SELECTED} of the selection were looked at; repeat it for the others."
            self.message_user(request, text, messages.WARNING)
        return ids[:MAX_SELECTED]

    # --- the page of one request ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        # Filled in here, because Django has checked the permissions and found the row by now.
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["page"] = self._page(request, response.context_data["original"])
        return response

    def live_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Render the changing part of the page, which the page fetches again until the request ends."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(request_id))
        if row is None:
            raise Http404
        response = TemplateResponse(request, "admin/jobs/asyncrequest/live.html", {"page": self._page(request, row)})
        response["Cache-Control"] = "no-store"
        return response

    def steer_view(self, request: HttpRequest, request_id: UUID, verb: Callable[[list[UUID]], Tally]) -> HttpResponse:
        if not self.has_steer_permission(request):
            raise PermissionDenied
        self._tell(request, verb([request_id]))
        return HttpResponseRedirect(_url(request_id))

    def _page(self, request: HttpRequest, row: AsyncRequest) -> RequestPage:
        url = connection_url(request, row.connection_id) if row.connection_id else None
        return request_page(row, can_steer=self.has_steer_permission(request), connection_url=url)

    def _tell(self, request: HttpRequest, tally: Tally) -> None:
        """Show the operator the result, and record the operator in the history of each request."""
        word = "Submitted again" if tally.made else "Cancel asked for"
        for row in tally.changed:
            self.log_change(request, row, word)
        for new in AsyncRequest.objects.filter(id__in=tally.made).defer(*_HEAVY):
            self.log_addition(request, new, word)
        made = [(_url(new), str(new)[:8]) for new in tally.made[:_MAX_LINKS]]
        links = format_html_join(", ", '<a href="{}">{}</a>', made)
        text = format_html("{}: {}", str(tally), links) if links else f"{tally}."
        self.message_user(request, text, messages.SUCCESS if tally.is_complete else messages.WARNING)


def _url(request_id: UUID) -> str:
    return reverse("admin:jobs_asyncrequest_change", args=[request_id])

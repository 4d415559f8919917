"""The list of requests and the page of one."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from jobs.admin.acting.verb_actions import VerbActions, request_url
from jobs.admin.detail.page import RequestPage, request_page
from jobs.admin.detail.process import look_at_process
from jobs.admin.filters import (
    ActionFilter,
    CreatedFilter,
    DayFilter,
    QueueFilter,
    ShareFilter,
    StatusFilter,
    TagFilter,
    TenantFilter,
)
from jobs.admin.formatting import owner_lines, request_name, when
from jobs.admin.links import connection_url, console_url_of
from jobs.admin.listing.changes import UnreadChangeList, list_changes
from jobs.admin.listing.pages import PlainChangeList
from jobs.admin.listing.search import MIN_DIGITS, IndexedSearch
from jobs.admin.live_row import LiveRow
from jobs.admin.overview import runbook
from jobs.admin.progress import bar, duration_text, status_badge
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.admin.scanned_filters import ArgumentFilter, CodeFilter, DurationFilter
from jobs.errors import ErrorCode
from jobs.models import AsyncRequest, Status

_LIST, _CHANGES = "jobs_asyncrequest_changelist", "jobs_asyncrequest_changes"
_MAX_LINKS = 10
_MAX_FAILED = 1_000
# The list shows none of these columns, and each may hold a megabyte.
_HEAVY = ("payload", "result", "metadata", "resume_state")


class AsyncRequestAdmin(VerbActions, IndexedSearch, LiveRow, ReadOnlyAdmin):
    live_template = "admin/jobs/asyncrequest/live.html"
    list_display = ("name", "state", "progress", "owner", "created", "took", "attempts")
    list_filter = (
        *(StatusFilter, QueueFilter, TagFilter, TenantFilter, CreatedFilter, DayFilter, ShareFilter),
        *(ActionFilter, CodeFilter, DurationFilter, ArgumentFilter),
    )
    search_fields = ("id", "client_id", "user_id", "tenant_id")
    search_help_text = (
        f"Find requests by id or its first {MIN_DIGITS} digits, client id, user or tenant; "
        f"or by an error code such as WORKER_LOST, among the last {_MAX_FAILED:,} failures"
    )
    sortable_by = ("created",)
    fields = ("id",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("runbook/", wrap(require_safe(self.runbook_view)), name=runbook.NAME),
            path("changes/", wrap(require_safe(self.changes_view)), name=_CHANGES),
            path("<uuid:row_id>/live/", wrap(require_safe(self.live_view)), name="jobs_asyncrequest_live"),
            path("<uuid:request_id>/process/", wrap(require_POST(self.process_view)), name="jobs_asyncrequest_process"),
            *super().get_urls(),
        ]

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[AsyncRequest]:
        rows: QuerySet[AsyncRequest] = super().get_queryset(request)
        return rows.defer(*_HEAVY) if _view_of(request) in (_LIST, _CHANGES) else rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return UnreadChangeList if _view_of(request) == _CHANGES else super().get_changelist(request, **kwargs)

    def get_preserved_filters(self, request: HttpRequest) -> str:
        if _view_of(request) != _CHANGES:
            return super().get_preserved_filters(request)
        # As the page that is brought up to date has them in its links.
        shown = request.GET.urlencode()
        return urlencode({"_changelist_filters": shown}) if shown else ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"shown_at": timezone.now().isoformat(), **(extra_context or {})})

    def changes_view(self, request: HttpRequest) -> HttpResponse:
        """Answer what changed on a page of the list, which the page asks for again and again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return list_changes(request, self)

    def readings(self, term: str) -> Iterator[Q]:
        yield from super().readings(term)
        if term.upper() in set(ErrorCode):
            failed = AsyncRequest.objects.filter(status=Status.FAILED, finished_at__isnull=False)
            latest = failed.order_by("-created_at", "-id").values("id")[:_MAX_FAILED]
            yield Q(id__in=latest, error__code=term.upper())

    @admin.display(description="request")
    def name(self, row: AsyncRequest) -> SafeString:
        share = (
            format_html(' <span class="st-below">share of {}</span>', str(row.parent_id)[:8]) if row.parent_id else ""
        )
        return format_html("{}{}", request_name(row), share)

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

    def runbook_view(self, request: HttpRequest) -> HttpResponse:
        """Show what to do about each fault."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = runbook.runbook()
        if text is None:
            raise Http404
        context = {**self.admin_site.each_context(request), "title": "Runbook", "text": text}
        return TemplateResponse(request, "admin/jobs/asyncrequest/runbook.html", context)

    # --- the page of one request ---

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the page, which has the acts of operators."""
        super().history_view(request, object_id, extra_context)  # checks the permission
        return HttpResponseRedirect(f"{request_url(object_id)}#acts")

    def process_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Ask the process that runs the request for the stacks of its threads, and show them."""
        if not (self.has_view_permission(request) and self.has_steer_permission(request)):
            raise PermissionDenied
        row = self.get_object(request, str(request_id))
        if row is None:
            raise Http404
        context = {"process": look_at_process(row), "original": row, "opts": self.opts}
        if "part" in request.POST:
            return TemplateResponse(request, "admin/jobs/asyncrequest/process.html", context)
        context |= {**self.admin_site.each_context(request), "title": "Stack", "media": self.media}
        return TemplateResponse(request, "admin/jobs/asyncrequest/process_page.html", context)

    def page_of(self, request: HttpRequest, row: AsyncRequest) -> RequestPage:
        return request_page(
            row,
            can_steer=self.has_steer_permission(request),
            can_prune=self.has_prune_permission(request),
            connection_url=connection_url(request, row.connection_id) if row.connection_id else None,
            console_url=console_url_of(request, row),
        )


def _view_of(request: HttpRequest) -> str | None:
    return request.resolver_match.url_name if request.resolver_match else None

"""The list of what operators did, and the page of one act: how far it is, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from jobs.admin.acting.verb_actions import request_url, total_words
from jobs.admin.filters import DayFilter
from jobs.admin.formatting import NOTHING, badge, shortened, when
from jobs.admin.live_row import LiveRow
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.formatting import format_count, format_counted, format_duration
from jobs.models import OperatorAct
from jobs.operations.acts import stop
from jobs.operations.tally import count_words, requests_in
from jobs.operations.verbs import VERBS


class BegunFilter(DayFilter):
    """The day on which they were begun."""

    column = "begun_at"


@dataclass(frozen=True, kw_only=True)
class ActPage:
    """Everything the templates of the page read."""

    row: OperatorAct
    label: str
    badge: SafeString
    is_live: bool
    can_stop: bool
    percentage: float
    done: str
    """The number of requests that it has reached, and of all."""
    facts: Sequence[tuple[str, Any]]
    made: Sequence[tuple[str, str]]
    """The first of the new requests: their URLs and the beginnings of their ids."""


class OperatorActAdmin(LiveRow, ReadOnlyAdmin):
    live_template = "admin/jobs/operatoract/state.html"
    list_display = ("what", "state", "who", "way", "on", "outcome", "begun")
    list_filter = ("via", BegunFilter)
    search_fields = ("target", "actor")
    search_help_text = "Find acts by what they were done to, in full (an id, a name or a filter), or by the operator"
    ordering = ("-begun_at", "-id")
    sortable_by = ("begun",)
    fields = ("id",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:row_id>/live/", wrap(require_safe(self.live_view)), name="jobs_operatoract_live"),
            path("<uuid:act_id>/stop/", wrap(require_POST(self.stop_view)), name="jobs_operatoract_stop"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Acts of operators", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[OperatorAct]:
        rows: QuerySet[OperatorAct] = super().get_queryset(request)
        return rows.defer("selection", "place")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OperatorAct], search_term: str
    ) -> tuple[QuerySet[OperatorAct], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        by_target = queryset.filter(target=term)
        return (by_target if by_target.exists() else queryset.filter(actor=term)), False

    def stop_view(self, request: HttpRequest, act_id: UUID) -> HttpResponse:
        """End the act before it has reached all. What it did stays done."""
        row = self.get_object(request, str(act_id))
        if row is None:
            raise Http404
        if not (self.has_view_permission(request) and _may_stop(request, row)):
            raise PermissionDenied
        if stop(act_id):
            self.log_change(request, row, "Stopped")
            self.message_user(request, "It is stopped. What it has done stays done.", messages.WARNING)
        return HttpResponseRedirect(reverse("admin:jobs_operatoract_change", args=[act_id]))

    def page_of(self, request: HttpRequest, row: OperatorAct) -> ActPage:
        is_live = row.finished_at is None
        reached = requests_in(row.counts)
        total = max(row.total or 0, reached, 1)
        return ActPage(
            row=row,
            label=_label(row),
            badge=_badge(row),
            is_live=is_live,
            can_stop=is_live and _may_stop(request, row),
            percentage=100.0 if not is_live and not row.is_stopped else min(99.0, 100 * reached / total),
            done=_done(row, reached),
            facts=list(_facts(row)),
            made=[(request_url(one), one[:8]) for one in row.made],
        )

    # --- words ---

    @admin.display(description="act")
    def what(self, row: OperatorAct) -> str:
        return _label(row)

    @admin.display(description="state")
    def state(self, row: OperatorAct) -> SafeString:
        return _badge(row)

    @admin.display(description="by")
    def who(self, row: OperatorAct) -> SafeString:
        return shortened(row.actor, 40)

    @admin.display(description="channel")
    def way(self, row: OperatorAct) -> str:
        return row.get_via_display()

    @admin.display(description="done to")
    def on(self, row: OperatorAct) -> SafeString:
        return shortened(row.target, 60)

    @admin.display(description="outcome")
    def outcome(self, row: OperatorAct) -> SafeString | str:
        return shortened(_outcome(row), 60) if _outcome(row) else NOTHING

    @admin.display(description="begun", ordering="begun_at")
    def begun(self, row: OperatorAct) -> SafeString | str:
        return when(row.begun_at)


def _done(row: OperatorAct, reached: int) -> str:
    """Write how many requests the act has reached: ``2 of 5 requests``."""
    if row.total is None:
        return format_counted(reached, "request")
    return f"{format_count(reached)} of {total_words(row)} request{'' if row.total == 1 else 's'}"


def _may_stop(request: HttpRequest, row: OperatorAct) -> bool:
    verb = VERBS.get(row.verb)
    return verb is not None and bool(request.user.has_perm(verb.permission))


def _label(row: OperatorAct) -> str:
    verb = VERBS.get(row.verb)
    label = verb.label if verb else row.verb.capitalize()
    return f"{label}: {row.argument} s" if row.argument is not None else label


def _badge(row: OperatorAct) -> SafeString:
    if row.finished_at is None:
        return badge("processing", "Going on")
    return badge("cancelled", "Stopped") if row.is_stopped else badge("completed", "Done")


def _outcome(row: OperatorAct) -> str:
    return ", ".join(filter(None, (count_words(row.counts), row.detail)))


def _facts(row: OperatorAct) -> Sequence[tuple[str, Any]]:
    end = row.finished_at or timezone.now()
    facts = [
        ("By", row.actor),
        ("From", row.get_via_display()),
        ("Begun", when(row.begun_at)),
        ("Took" if row.finished_at else "Runs for", format_duration((end - row.begun_at).total_seconds())),
        ("Outcome", _outcome(row)),
    ]
    return [(label, value) for label, value in facts if value]

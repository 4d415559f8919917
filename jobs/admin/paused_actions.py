"""The list of paused actions: adding one pauses it, deleting it resumes it."""

from contextlib import suppress
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from jobs.admin.formatting import NOTHING, shortened, when
from jobs.contract.registry import all_handlers
from jobs.formatting import format_count
from jobs.models import WAITING, AsyncRequest, PausedAction
from jobs.queue.pauses import NotPaused, pause_action, resume_action


class PauseForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    action = forms.ChoiceField(help_text="Its requests are still accepted, and wait. Those that run already go on.")

    class Meta:
        model = PausedAction
        fields = ("action", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Absent when the reader may only look.
        if "action" in self.fields:
            paused = set(PausedAction.objects.values_list("action", flat=True))
            free = [(action, action) for action in all_handlers() if action not in paused]
            self.fields["action"] = forms.ChoiceField(choices=free, help_text=self.fields["action"].help_text)


class PausedActionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = PauseForm
    fields = ("action", "reason")
    list_display = ("action", "since", "by", "why", "waiting")
    actions = ("resume_selected",)
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css: ClassVar = {"all": ["jobs/admin/pieces.css"]}
        js = (Script("jobs/admin/times.js", type="module"),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[PausedAction]:
        rows: QuerySet[PausedAction] = super().get_queryset(request)
        waiting = AsyncRequest.objects.filter(action=OuterRef("action"), status__in=WAITING).order_by()
        counted = waiting.values("action").annotate(n=Count("id")).values("n")
        return rows.annotate(waiting_count=Coalesce(Subquery(counted), 0))

    def get_fields(self, request: HttpRequest, obj: PausedAction | None = None) -> tuple[str, ...]:
        return self.fields if obj is None else ("action", "paused_at", "paused_by", "reason")

    def save_model(self, request: HttpRequest, obj: PausedAction, form: Any, change: bool) -> None:
        pause_action(obj.action, reason=obj.reason, paused_by=request.user.get_username())

    def delete_model(self, request: HttpRequest, obj: PausedAction) -> None:
        with suppress(NotPaused):  # somebody else was quicker: it is as this one wanted it
            resume_action(obj.action)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: verb for name, verb in super().get_actions(request).items() if name != "delete_selected"}

    def log_addition(self, request: HttpRequest, obj: PausedAction, message: Any) -> Any:
        return super().log_addition(request, obj, f"Paused: {obj.reason}" if obj.reason else "Paused")

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[PausedAction]) -> Any:
        return LogEntry.objects.log_actions(str(request.user.pk), queryset, DELETION, change_message="Resumed")

    @admin.action(description="Resume the selected actions", permissions=["delete"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[PausedAction]) -> None:
        names = ", ".join(row.action for row in queryset)  # read here, because they are gone afterwards
        self.log_deletions(request, queryset)
        for row in queryset:
            self.delete_model(request, row)
        self.message_user(request, f"Resumed: {names}.")

    # --- words ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Paused actions", **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {"title": "Pause an action", **(extra_context or {})})

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().delete_view(request, object_id, {"title": "Resume the action", **(extra_context or {})})

    @admin.display(description="since", ordering="paused_at")
    def since(self, row: PausedAction) -> SafeString | str:
        return when(row.paused_at)

    @admin.display(description="by")
    def by(self, row: PausedAction) -> str:
        return row.paused_by or NOTHING

    @admin.display(description="reason")
    def why(self, row: PausedAction) -> SafeString | str:
        return shortened(row.reason, 80) if row.reason else NOTHING

    @admin.display(description="waiting requests", ordering="waiting_count")
    def waiting(self, row: Any) -> str:
        return format_count(row.waiting_count)

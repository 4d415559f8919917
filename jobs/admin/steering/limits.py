"""The list of limits that hold instead of the usual ones: adding one overrides, deleting it removes the override."""

from contextlib import suppress
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from jobs.admin.formatting import NOTHING, shortened, when
from jobs.models import LimitKind, LimitOverride
from jobs.queue.control.changes import NotLimited, WrongLimit, check_limit, remove_limit, set_limit, usual_limit


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    class Meta:
        model = LimitOverride
        fields = ("kind", "name", "number", "reason")
        labels: ClassVar = {"kind": "Limit on", "name": "Name", "number": "At most"}
        help_texts: ClassVar = {
            "kind": "The requests that are counted.",
            "name": "Of the queue, action or tenant. Empty for a limit on each tenant, or on each user.",
            "number": "1 or more. To start nothing, pause the queue or the action instead.",
        }

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        kind = fields.get("kind", self.instance.kind)
        if kind and "number" in fields:
            try:
                check_limit(LimitKind(kind), fields.get("name", self.instance.name), fields["number"] or 0)
            except WrongLimit as error:
                raise ValidationError(str(error)) from None
        return fields


class LimitOverrideAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = LimitForm
    fields = ("kind", "name", "number", "reason")
    list_display = ("about", "whose", "number", "usual", "since", "by", "why")
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css: ClassVar = {"all": ["jobs/admin/pieces.css"]}
        js = (Script("jobs/admin/times.js", type="module"),)

    def get_readonly_fields(self, request: HttpRequest, obj: LimitOverride | None = None) -> tuple[str, ...]:
        return ("kind", "name") if obj else ()

    def save_model(self, request: HttpRequest, obj: LimitOverride, form: Any, change: bool) -> None:
        operator = request.user.get_username()
        kept = set_limit(LimitKind(obj.kind), obj.name, obj.number, reason=obj.reason, set_by=operator)
        obj.pk = kept.pk

    def delete_model(self, request: HttpRequest, obj: LimitOverride) -> None:
        with suppress(NotLimited):  # somebody else was quicker: it is as this one wanted it
            remove_limit(LimitKind(obj.kind), obj.name)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[LimitOverride]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    # --- words ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Limits", **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {"title": "Override a limit", **(extra_context or {})})

    @admin.display(description="limit", ordering="kind")
    def about(self, row: LimitOverride) -> str:
        return row.get_kind_display()

    @admin.display(description="of", ordering="name")
    def whose(self, row: LimitOverride) -> str:
        return row.name or "each"

    @admin.display(description="configured limit")
    def usual(self, row: LimitOverride) -> str:
        number = usual_limit(LimitKind(row.kind), row.name)
        return "no limit" if number is None else str(number)

    @admin.display(description="since", ordering="set_at")
    def since(self, row: LimitOverride) -> SafeString | str:
        return when(row.set_at)

    @admin.display(description="by")
    def by(self, row: LimitOverride) -> str:
        return row.set_by or NOTHING

    @admin.display(description="reason")
    def why(self, row: LimitOverride) -> SafeString | str:
        return shortened(row.reason, 80) if row.reason else NOTHING

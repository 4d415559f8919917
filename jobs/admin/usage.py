"""The list of what tenants used on each day, with its export, and the daily quotas of single tenants."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from jobs.admin.filters import TenantFilter
from jobs.admin.listing.search import IndexedSearch
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.formatting import format_bytes, format_count, format_duration
from jobs.models import DailyUsage, TenantQuota
from jobs.operations.usage_report import as_csv
from jobs.usage.daily import DayUse, Use, day_of


class PeriodFilter(SimpleListFilter):
    """The days of a period, in UTC."""

    title = "period"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("today", "Today"), ("month", "This month"), ("last-month", "Last month")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = day_of(timezone.now())
        month = today.replace(day=1)
        begins: dict[str, date] = {
            "today": today,
            "month": month,
            "last-month": (month - timedelta(days=1)).replace(day=1),
        }
        period = self.value()
        if period not in begins:
            return queryset
        rows = queryset.filter(day__gte=begins[period])
        return rows.filter(day__lt=month) if period == "last-month" else rows


class DailyUsageAdmin(ReadOnlyAdmin, IndexedSearch):
    list_display = ("tenant_id", "day", "stored_requests", "seconds", "written", "refused_requests")
    list_filter = (PeriodFilter, TenantFilter)
    search_fields = ("tenant_id",)
    search_help_text = "Find days by tenant"
    actions = ("export_as_csv",)
    fields = ("tenant_id", "day", "stored_requests", "seconds", "written", "refused_requests")
    readonly_fields = fields

    @admin.action(description="Export the selected days as CSV", permissions=["view"])
    def export_as_csv(self, request: HttpRequest, queryset: QuerySet[DailyUsage]) -> HttpResponse:
        text = as_csv(
            DayUse(
                tenant_id=row.tenant_id,
                day=row.day,
                use=Use(
                    requests=row.requests,
                    worker_seconds=row.worker_seconds,
                    bytes_written=row.bytes_written,
                    refused=row.refused,
                ),
            )
            for row in queryset.order_by("day", "tenant_id")
        )
        head = {"Content-Disposition": 'attachment; filename="usage.csv"'}
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=head)

    @admin.display(description="requests", ordering="requests")
    def stored_requests(self, row: DailyUsage) -> str:
        return format_count(row.requests)

    @admin.display(description="worker time", ordering="worker_seconds")
    def seconds(self, row: DailyUsage) -> str:
        return format_duration(row.worker_seconds)

    @admin.display(description="bytes written", ordering="bytes_written")
    def written(self, row: DailyUsage) -> str:
        return format_bytes(row.bytes_written)

    @admin.display(description="refused", ordering="refused")
    def refused_requests(self, row: DailyUsage) -> str:
        return format_count(row.refused)


_NO_QUOTA = "0: no limit. Empty: the limit of the settings, {}."


class QuotaForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    class Meta:
        model = TenantQuota
        fields = ("tenant_id", "requests", "worker_seconds", "bytes_written")
        labels: ClassVar = {
            "requests": "Requests a day",
            "worker_seconds": "Seconds of workers a day",
            "bytes_written": "Bytes written a day",
        }
        help_texts: ClassVar = {
            "requests": _NO_QUOTA.format("STREAMER_DAILY_REQUESTS"),
            "worker_seconds": _NO_QUOTA.format("STREAMER_DAILY_WORKER_SECONDS"),
            "bytes_written": _NO_QUOTA.format("STREAMER_DAILY_BYTES"),
        }


class TenantQuotaAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Rows to add, change and delete: a quota holds from the next request on."""

    form = QuotaForm
    list_display = ("tenant_id", "requests", "worker_seconds", "bytes_written")
    search_fields = ("tenant_id",)
    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: TenantQuota | None = None) -> tuple[str, ...]:
        # With another tenant, Django would store a second row.
        return () if obj is None else ("tenant_id",)
